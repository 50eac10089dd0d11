// The calling lists, one row each, added up over all campaigns that use them.

import { ABANDON_LIMIT } from "./card.js";
import { arrange, element, setText } from "./elements.js";
import { count, percent, share } from "./format.js";
import { compareNames, recentOf, valueOf } from "./model.js";

const COLUMNS = [
  { label: "Dials", read: (list) => count(valueOf(list, "DialsMade", "today")) },
  { label: "15 min", read: (list, reference) => count(recentOf(list, "DialsMade", reference)) },
  { label: "Answers", read: (list) => count(valueOf(list, "Answers", "today")) },
  { label: "Hit ratio", read: (list) => percent(valueOf(list, "HitRatio", "today")) },
  { label: "Abandoned", read: (list) => share(valueOf(list, "AbandonRate", "today")), over: (list) => valueOf(list, "AbandonRate", "today") > ABANDON_LIMIT },
  { label: "Leads", read: (list) => count(valueOf(list, "LeadsProcessed", "today")) },
  { label: "Scheduled", read: (list) => count(valueOf(list, "RecordsScheduled", "now", "today", "last15")) },
];

export class Lists {
  constructor(section) {
    this.section = section;
    this.body = section.querySelector("tbody");
    this.rows = new Map();
  }

  update(model, reference, wanted) {
    for (const key of this.rows.keys()) if (!model.lists.has(key)) this.rows.delete(key);
    const shown = [...model.lists].filter(([, list]) => matches(list, wanted));
    shown.sort(([, a], [, b]) => compareNames(a.name, b.name) || compareNames(a.tenant, b.tenant));
    arrange(this.body, shown.map(([key, list]) => this.#row(key, list, reference)));
    this.section.hidden = shown.length === 0;
  }

  #row(key, list, reference) {
    let row = this.rows.get(key);
    if (!row) {
      row = { node: element("tr"), users: element("td", "users"), cells: COLUMNS.map(({ label }) => cell(label)) };
      const name = element("th", "", list.name);
      name.scope = "row";
      if (list.tenant) name.append(" ", element("span", "tenant", list.tenant));
      row.node.append(name, row.users, ...row.cells);
      this.rows.set(key, row);
    }
    setText(row.users, [...list.users.keys()].sort(compareNames).join(", "));
    COLUMNS.forEach(({ read, over }, place) => {
      setText(row.cells[place], read(list.whole, reference));
      row.cells[place].classList.toggle("over", Boolean(over?.(list.whole)));
    });
    return row.node;
  }
}

function cell(label) {
  const made = element("td", "n");
  made.dataset.label = label;
  return made;
}

function matches(list, wanted) {
  return [list.name, list.tenant, ...list.users.keys()].some((text) => text.toLowerCase().includes(wanted));
}
