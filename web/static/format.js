// Numbers, times and names as people read them. What is not known is a dash.

export const DASH = "–";
const SPACE = "\u202f";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
const one = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const two = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const known = (value) => typeof value === "number" && Number.isFinite(value);

export function count(value) {
  if (!known(value)) return DASH;
  return Math.abs(value) < 1e6 ? whole.format(value) : compact.format(value);
}

export function percent(value) {
  if (!known(value)) return DASH;
  return `${value === 0 ? "0" : value >= 99.95 ? whole.format(value) : one.format(value)}${SPACE}%`;
}

// Small shares that are held against a limit: 3.04 must not look like 3.0.
export function share(value) {
  if (!known(value) || value === 0 || value >= 10) return percent(value);
  return `${two.format(value)}${SPACE}%`;
}

export function pace(value) {
  if (!known(value)) return DASH;
  return value === 0 || value >= 100 ? count(value) : one.format(value);
}

const padded = (value) => String(value).padStart(2, "0");

// 7 s, 4:07, 3 h 12 min, 2 d 4 h
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}${SPACE}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${padded(seconds % 60)}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}${SPACE}h ${padded(minutes % 60)}${SPACE}min`;
  return `${whole.format(Math.floor(minutes / 1440))}${SPACE}d ${Math.floor((minutes % 1440) / 60)}${SPACE}h`;
}

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

export const clock = (ms) => shortTime.format(ms);

// The time of a moment, with its date if that is not today's.
export function moment(ms, now) {
  return new Date(ms).toDateString() === new Date(now).toDateString() ? time.format(ms) : date.format(ms);
}

// StatusWaitingAgents -> Waiting agents; PredictAndSeize -> Predict and seize; PowerGVP -> Power GVP
export function words(name) {
  const parts = name.replace(/^Status(?=[A-Z])/, "").match(/[A-Z]+(?![a-z])|[A-Z]?[^A-Z]+/g) ?? [name];
  return parts.map((part, place) => (place === 0 || part === part.toUpperCase() ? part : part.toLowerCase())).join(" ");
}
