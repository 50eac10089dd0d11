// The connection to the worker. It reconnects by itself, and notices a silence that the browser does not.

const SILENCE = 12_000; // the server gives a sign of life every five seconds
const RETRY = 1_500;

export class Link {
  // `onMessage(data)`, `onLink("live" | "lost", since)`, `onTime(serverNow)`
  constructor(path, { onMessage, onLink, onTime }) {
    Object.assign(this, { path, onMessage, onLink, onTime });
    this.heard = Date.now();
    this.#open();
    setInterval(() => this.#watch(), 1_000);
  }

  #open() {
    this.source?.close();
    this.source = new EventSource(this.path);
    this.opened = Date.now();
    this.source.addEventListener("beat", (event) => this.#hear(JSON.parse(event.data)));
    this.source.addEventListener("board", (event) => {
      const data = JSON.parse(event.data);
      this.#hear(data);
      this.onMessage(data);
    });
    this.source.addEventListener("error", () => this.onLink("lost", this.heard));
  }

  #hear({ now }) {
    this.heard = Date.now();
    this.onTime(now);
    this.onLink("live", this.heard);
  }

  #watch() {
    const silent = Date.now() - Math.max(this.heard, this.opened);
    if (silent > SILENCE) {
      this.onLink("lost", this.heard);
      this.#open();
    } else if (this.source.readyState === EventSource.CLOSED && Date.now() - this.opened > RETRY) {
      this.#open();
    }
  }
}
