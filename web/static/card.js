// One campaign: status, conditions, key numbers, pace with its curve, groups.

import { Curve } from "./curve.js";
import { arrange, element, icon, setAttribute, setIcon, setText } from "./elements.js";
import { clock, count, DASH, duration, moment, pace, percent, share } from "./format.js";
import { compareNames, dialsPerMinute, kindOf, recentOf, valueOf } from "./model.js";
import { Conditions, Status, statusName } from "./status.js";

export const ABANDON_LIMIT = 3; // percent, the usual rule of regulators

const FIGURES = [
  { name: "DialsMade", label: "Dials", format: count },
  { name: "Answers", label: "Answers", format: count },
  { name: "HitRatio", label: "Hit ratio", format: percent },
  { name: "AbandonRate", label: "Abandoned", format: share, limit: ABANDON_LIMIT },
  { name: "LeadsProcessed", label: "Leads", format: count },
  { name: "RecordsScheduled", label: "Scheduled", format: count, present: true },
];

class Figure {
  constructor({ name, label, format, limit = Infinity, present = false }) {
    Object.assign(this, { name, format, limit, present });
    this.node = element("div", "figure");
    this.node.dataset.name = name;
    this.value = element("dd", "value");
    this.recent = element("dd", "recent");
    this.recentValue = element("span", "number");
    if (!present) this.recent.append(element("span", "caption", "15 min"), this.recentValue);
    this.label = element("dt", "", label);
    this.node.append(this.label, this.value, this.recent);
  }

  update(object) {
    this.#put(this.value, valueOf(object, this.name, ...(this.present ? ["now", "today", "last15"] : ["today"])));
    this.node.classList.toggle("closed", !this.present && Boolean(object?.profiles.today?.final));
  }

  tick(object, reference) {
    if (!this.present) this.#put(this.recentValue, recentOf(object, this.name, reference));
  }

  #put(node, value) {
    setText(node, this.format(value));
    node.classList.toggle("over", value > this.limit);
    setAttribute(node, "title", value > this.limit ? `over ${this.limit} %` : "");
    if (node === this.value) this.label.classList.toggle("over", value > this.limit);
  }
}

class GroupRow {
  constructor(name) {
    this.node = element("tr");
    this.icon = icon("unknown");
    this.mode = element("span", "mode");
    this.since = element("span", "since");
    this.warning = icon("waiting");
    this.status = element("span", "unseen");
    const head = element("th");
    head.scope = "row";
    const line = element("span", "line");
    line.append(this.icon, this.status, element("span", "name", name), this.since, this.warning);
    head.append(line);
    this.cells = ["DialsMade", "HitRatio", "AbandonRate"].map(() => element("td"));
    this.node.append(head, ...this.cells);
  }

  update(object) {
    this.state = object.state;
    setAttribute(this.node, "data-kind", kindOf(object));
    setIcon(this.icon, kindOf(object));
    setText(this.status, statusName(object));
    const conditions = Object.keys(object.state?.conditions ?? {});
    this.warning.toggleAttribute("hidden", conditions.length === 0);
    setIcon(this.warning, conditions.some((name) => /error/i.test(name)) ? "error" : "waiting");
    const abandoned = valueOf(object, "AbandonRate", "today");
    setText(this.cells[0], count(valueOf(object, "DialsMade", "today")));
    setText(this.cells[1], percent(valueOf(object, "HitRatio", "today")));
    setText(this.cells[2], share(abandoned));
    this.cells[2].classList.toggle("over", abandoned > ABANDON_LIMIT);
  }

  tick(reference) {
    setText(this.since, this.state ? duration(reference - this.state.since) : "");
  }
}

export class Card {
  constructor(campaign) {
    this.campaign = campaign;
    this.node = element("article", "card");
    this.node.tabIndex = 0;
    const title = element("h2", "name", campaign.name);
    title.title = campaign.name;
    this.status = new Status();
    this.conditions = new Conditions();
    this.figures = FIGURES.map((figure) => new Figure(figure));
    this.pace = element("b", "value", DASH);
    this.curve = new Curve();
    this.window = element("span", "window");
    this.groups = new Map();
    const head = element("header", "head");
    head.append(title, element("span", "tenant", campaign.tenant));
    const state = element("div", "state");
    state.append(this.status.node, this.conditions.node);
    const figures = element("dl", "figures");
    figures.append(...this.figures.map((figure) => figure.node));
    this.node.append(head, state, figures, this.#pace(), this.#groupTable(), this.window);
  }

  #pace() {
    const rate = element("p", "rate");
    rate.append(element("span", "caption", "Dials a minute"), this.pace);
    const row = element("div", "pace-row");
    row.append(rate, this.curve.node);
    return row;
  }

  #groupTable() {
    this.table = element("table", "groups");
    const head = element("tr");
    for (const label of ["Group", "Dials", "Hit ratio", "Aband."]) {
      const cell = element("th", "", label);
      cell.scope = "col";
      head.append(cell);
    }
    const thead = element("thead");
    thead.append(head);
    this.rows = element("tbody");
    this.table.append(thead, this.rows);
    return this.table;
  }

  update(reference) {
    const { whole, groups } = this.campaign;
    setAttribute(this.node, "data-kind", kindOf(whole));
    setAttribute(this.node, "aria-label", [this.campaign.name, this.campaign.tenant, statusName(whole)].filter(Boolean).join(", "));
    this.status.update(whole);
    this.conditions.update(whole);
    for (const figure of this.figures) figure.update(whole);
    for (const key of this.groups.keys()) if (!groups.has(key)) this.groups.delete(key);
    const shown = [...groups].sort(([, a], [, b]) => compareNames(a.group, b.group));
    arrange(this.rows, shown.map(([key, object]) => this.#row(key, object).node));
    this.table.hidden = shown.length === 0;
    this.draw(reference);
    this.tick(reference);
  }

  draw(reference) {
    this.curve.draw(this.campaign.whole?.curve ?? new Map(), reference);
  }

  tick(reference) {
    const { whole } = this.campaign;
    this.status.tick(reference);
    this.conditions.tick(reference);
    for (const figure of this.figures) figure.tick(whole, reference);
    for (const row of this.groups.values()) row.tick(reference);
    setText(this.pace, pace(dialsPerMinute(whole, reference)));
    const today = whole?.profiles.today;
    setText(this.window, today?.final ? `Numbers of the time up to ${moment(today.as_of, reference)}, closed` : "");
    setAttribute(this.window, "title", today ? `from ${clock(today.window_start)}` : "");
  }

  #row(key, object) {
    let row = this.groups.get(key);
    if (!row) {
      row = new GroupRow(object.group);
      this.groups.set(key, row);
    }
    row.update(object);
    return row;
  }

  matches(wanted) {
    const { name, tenant, groups, whole } = this.campaign;
    const texts = [name, tenant, statusName(whole), ...[...groups.values()].map((group) => group.group)];
    return texts.some((text) => text.toLowerCase().includes(wanted));
  }
}
