// The keyboard: / filters, f is full screen, arrows go from card to card.

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function toggleFullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

export function listen(campaigns, filter) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.activeElement === filter) inFilter(event, campaigns, filter);
    else if (event.key === "/") run(event, () => filter.focus());
    else if (event.key === "f") run(event, toggleFullscreen);
    else if (event.key === "Escape") run(event, () => clear(filter));
    else if (event.key in DIRECTIONS) move(event, campaigns);
  });
}

function inFilter(event, campaigns, filter) {
  if (event.key === "Escape") run(event, () => (clear(filter), filter.blur()));
  else if (event.key === "Enter" || event.key === "ArrowDown") run(event, () => campaigns.firstElementChild?.focus());
}

function clear(filter) {
  filter.value = "";
  filter.dispatchEvent(new Event("input"));
}

function run(event, action) {
  event.preventDefault();
  action();
}

// Left and right go on in the reading order, up and down to the card that lies nearest in that direction.
function move(event, campaigns) {
  const cards = [...campaigns.children];
  const here = cards.indexOf(document.activeElement);
  if (here < 0) {
    if (document.activeElement === document.body && cards.length) run(event, () => cards[0].focus());
    return;
  }
  const [across, down] = DIRECTIONS[event.key];
  const next = across ? cards[here + across] : nearest(cards, cards[here], down);
  run(event, () => next?.focus());
}

function nearest(cards, from, down) {
  const middle = (card) => {
    const box = card.getBoundingClientRect();
    return [box.left + box.width / 2, box.top];
  };
  const [x, y] = middle(from);
  const beyond = cards.map((card) => [card, ...middle(card)]).filter(([, , top]) => (top - y) * down > 1);
  beyond.sort(([, ax, ay], [, bx, by]) => Math.abs(ay - y) - Math.abs(by - y) || Math.abs(ax - x) - Math.abs(bx - x));
  return beyond[0]?.[0];
}
