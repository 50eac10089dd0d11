// A status as icon and word, since when, in which dial mode, and the conditions that are open.

import { arrange, element, icon, setAttribute, setIcon, setText } from "./elements.js";
import { duration, moment, words } from "./format.js";
import { kindOf } from "./model.js";

const NAMES = { running: "Running", activated: "Activated", deactivated: "Deactivated", unknown: "No status" };

export const statusName = (object) => NAMES[kindOf(object)];

export class Status {
  constructor() {
    this.node = element("p", "status");
    this.icon = icon("unknown");
    this.word = element("strong", "word");
    this.since = element("span", "since");
    this.mode = element("span", "mode");
    this.node.append(this.icon, this.word, this.since, this.mode);
  }

  update(object) {
    const kind = kindOf(object);
    setAttribute(this.node, "data-kind", kind);
    setIcon(this.icon, kind);
    setText(this.word, NAMES[kind]);
    const mode = object?.state?.dial_mode;
    setText(this.mode, mode ? words(mode) : "");
    this.state = object?.state ?? null;
  }

  tick(reference) {
    setText(this.since, this.state ? duration(reference - this.state.since) : "");
    if (this.state) setAttribute(this.since, "title", `since ${moment(this.state.since, reference)}`);
  }
}

export class Conditions {
  constructor() {
    this.node = element("ul", "conditions");
    this.chips = new Map();
  }

  update(object) {
    const open = Object.entries(object?.state?.conditions ?? {}).sort(([, a], [, b]) => a - b);
    const names = new Set(open.map(([name]) => name));
    for (const name of this.chips.keys()) if (!names.has(name)) this.chips.delete(name);
    arrange(this.node, open.map(([name, since]) => this.#chip(name, since).node));
    this.node.hidden = open.length === 0;
  }

  tick(reference) {
    for (const chip of this.chips.values()) setText(chip.since, duration(reference - chip.begin));
  }

  #chip(name, begin) {
    let chip = this.chips.get(name);
    if (!chip) {
      const severe = /error/i.test(name);
      chip = { node: element("li", severe ? "chip severe" : "chip"), since: element("span", "since") };
      chip.node.append(icon(severe ? "error" : "waiting"), element("span", "", words(name)), chip.since);
      this.chips.set(name, chip);
    }
    chip.begin = begin;
    return chip;
  }
}
