// The live page: takes what the worker pushes, keeps one card a campaign, and says so when it is cut off.

import { Card } from "./card.js";
import { arrange, element, icon, setAttribute, setText } from "./elements.js";
import { clock, count, moment, pace } from "./format.js";
import { listen, toggleFullscreen } from "./keys.js";
import { Link } from "./link.js";
import { Lists } from "./lists.js";
import { compareCampaigns, dialsPerMinute, kindOf, Model } from "./model.js";
import { statusName } from "./status.js";

const byId = (id) => document.getElementById(id);
const [root, campaigns, filter, banner, empty, announcer] = [document.documentElement, ...["campaigns", "filter", "banner", "empty", "announcer"].map(byId)];
const CURVE_EVERY = 10; // seconds

const model = new Model();
const lists = new Lists(byId("lists"));
const cards = new Map();
const view = { link: "connecting", heard: Date.now(), ahead: 0, source: null, leftOut: 0, kinds: new Map(), said: [], asked: false, ticks: 0 };

let frozen = Date.now();
const now = () => Date.now() + view.ahead;

// The present of all that is shown; cut off, it stands still.
function reference() {
  if (view.link !== "lost") frozen = model.reference(now());
  return frozen;
}

const wanted = () => filter.value.trim().toLowerCase();

new Link("/events", {
  onTime: (serverNow) => {
    view.ahead = serverNow - Date.now();
  },
  onMessage: (message) => {
    view.source = message.source;
    view.leftOut = message.left_out;
    model.take(message);
    ask();
  },
  onLink: (state, heard) => {
    if (state === view.link && state === "lost") return;
    const changed = state !== view.link;
    Object.assign(view, { link: state, heard });
    if (changed) ask();
  },
});

filter.addEventListener("input", ask);
byId("fullscreen").addEventListener("click", toggleFullscreen);
byId("fullscreen").hidden = !document.fullscreenEnabled;
listen(campaigns, filter);
setInterval(tick, 1_000);
tick();

// Draws at the next frame, however many changes come until then.
function ask() {
  if (view.asked) return;
  view.asked = true;
  requestAnimationFrame(() => {
    view.asked = false;
    draw();
  });
}

function draw() {
  const present = reference();
  for (const key of cards.keys()) if (!model.campaigns.has(key)) cards.delete(key);
  for (const campaign of model.campaigns.values()) {
    const card = cards.get(campaign.key);
    if (card && card.campaign === campaign && !model.dirty.has(campaign)) continue;
    if (card) card.campaign = campaign;
    else cards.set(campaign.key, new Card(campaign));
    cards.get(campaign.key).update(present);
  }
  model.dirty.clear();
  const shown = [...cards.values()].filter((card) => card.matches(wanted()));
  shown.sort((a, b) => compareCampaigns(a.campaign, b.campaign));
  arrange(campaigns, shown.map((card) => card.node));
  setAttribute(campaigns, "data-count", shown.length < 4 ? String(shown.length) : "many");
  lists.update(model, present, wanted());
  announceChanges();
  drawSummary(shown.length);
  drawLink();
  drawEmpty(shown.length);
}

function tick() {
  view.ticks += 1;
  const present = reference();
  for (const card of cards.values()) {
    card.tick(present);
    if (view.ticks % CURVE_EVERY === 0) card.draw(present);
  }
  setText(byId("clock"), clock(now()));
  if (view.said.length) setText(announcer, view.said.splice(0).join(". "));
  drawLink();
  drawPace(present);
}

function drawPace(present) {
  const rates = [...cards.values()].map((card) => dialsPerMinute(card.campaign.whole, present)).filter((rate) => rate !== undefined);
  byId("pace").hidden = rates.length === 0;
  setText(byId("pace").firstElementChild, pace(rates.reduce((sum, rate) => sum + rate, 0)));
}

function drawSummary(shown) {
  const kinds = [...model.campaigns.values()].map((campaign) => kindOf(campaign.whole));
  const parts = ["running", "activated", "deactivated"].map((kind) => [kind, kinds.filter((other) => other === kind).length]);
  const text = parts.map(([, number]) => number).join() + (wanted() ? `,${shown}` : "");
  const summary = byId("summary");
  if (summary.dataset.text === text) return;
  summary.dataset.text = text;
  summary.replaceChildren(...parts.filter(([, number]) => number > 0).map(([kind, number]) => part(kind, number)));
  if (wanted()) summary.append(element("span", "filtered", `${shown} of ${model.campaigns.size} shown`));
}

function part(kind, number) {
  const made = element("span", "part");
  made.dataset.kind = kind;
  made.append(icon(kind), element("b", "", count(number)), ` ${kind}`);
  return made;
}

// Who has another status than before is told to those who can't see it; not what the first message says.
function announceChanges() {
  for (const campaign of model.campaigns.values()) {
    const kind = kindOf(campaign.whole);
    const before = view.kinds.get(campaign.key);
    if (before !== undefined && before !== kind) view.said.push(`${campaign.name}: ${statusName(campaign.whole)}`);
    view.kinds.set(campaign.key, kind);
  }
}

function trouble() {
  if (view.link === "lost") {
    return `Connection to the worker lost at ${moment(view.heard + view.ahead, now())}. What you see is from then. Trying again…`;
  }
  if (view.source?.stale_since) {
    return `Kafka does not answer since ${moment(view.source.stale_since, now())}. What you see is from then. Trying again…`;
  }
  return "";
}

function linkState(problem) {
  if (problem) return "lost";
  if (view.link === "connecting" || !view.source) return "connecting";
  if (view.source.phase !== "live") return "waiting";
  return model.isPast(now()) ? "past" : "live";
}

function drawLink() {
  const problem = trouble();
  const state = linkState(problem);
  const texts = { connecting: "Connecting", waiting: "Waiting", lost: "Connection lost", live: "Live", past: `Last report ${moment(model.newest, now())}` };
  if (root.dataset.link === "lost" && state === "live") view.said.push("Connected again");
  root.dataset.link = state;
  setText(byId("link-text"), texts[state]);
  setText(banner, problem);
  banner.hidden = !problem;
  setText(byId("left-out"), view.leftOut ? `${count(view.leftOut)} objects that were silent for longest are left out` : "");
}

function drawEmpty(shown) {
  const [title, text] = shown ? ["", ""] : whyEmpty();
  empty.hidden = shown > 0;
  setText(empty.querySelector("h2"), title);
  setText(empty.querySelector("p"), text);
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function whyEmpty() {
  if (model.campaigns.size) return ["No campaign matches", `Nothing is called “${filter.value.trim()}”. Esc clears the filter.`];
  const phase = view.source?.phase;
  if (phase === "lost") return ["Waiting for Kafka", `The broker does not answer: ${view.source.detail}. The page goes on trying.`];
  if (phase === "missing") return ["Waiting for the topics", `${sentence(view.source.detail)}. They are made by “dialstat topics create”.`];
  if (phase === "live") {
    return ["Waiting for the first campaign", "No report has come yet. A campaign appears here within a second or two of its first event in campaign-events."];
  }
  return ["Reading the last minutes", "The board appears as soon as the latest reports are read."];
}
