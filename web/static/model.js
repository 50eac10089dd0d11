// What the server has told, put together: campaigns with their groups, and calling lists.

const KINDS = { StatusRunning: "running", StatusActivated: "activated", StatusDeactivated: "deactivated" };
const DAY = 86_400_000;
const CURVE_REACH = 900_000;

const keyOf = (object) => JSON.stringify([object.object_type, object.tenant, object.campaign, object.group, object.calling_list]);
const campaignKey = (object) => JSON.stringify([object.tenant, object.campaign]);

export class Model {
  constructor() {
    this.clear();
  }

  clear() {
    this.objects = new Map();
    this.campaigns = new Map();
    this.lists = new Map();
    this.dirty = new Set();
    this.listsDirty = true;
    this.newest = 0;
  }

  // Takes a message of the server; `complete` ones replace everything.
  take(message) {
    if (message.complete) this.clear();
    for (const gone of message.removed) this.#remove(gone);
    for (const changed of message.objects) this.#merge(changed);
  }

  #merge(changed) {
    const key = keyOf(changed);
    let object = this.objects.get(key);
    if (!object) {
      const { object_type, tenant, campaign, group, calling_list } = changed;
      object = { object_type, tenant, campaign, group, calling_list, state: null, profiles: {}, curve: new Map() };
      this.objects.set(key, object);
    }
    if ("state" in changed) object.state = changed.state;
    for (const [name, panel] of Object.entries(changed.profiles)) {
      object.profiles[name] = { ...panel, values: { ...object.profiles[name]?.values, ...panel.values } };
      this.newest = Math.max(this.newest, panel.final ? 0 : panel.as_of);
    }
    for (const [start, ...counts] of changed.curve ?? []) object.curve.set(start, counts);
    const oldest = Math.max(0, ...object.curve.keys()) - CURVE_REACH;
    for (const start of object.curve.keys()) if (start <= oldest) object.curve.delete(start);
    this.#place(object, key);
  }

  #place(object, key) {
    if (object.object_type === "Campaign" || object.object_type === "CampaignGroup") {
      const campaign = this.#campaign(object);
      if (object.object_type === "Campaign") campaign.whole = object;
      else campaign.groups.set(key, object);
      this.dirty.add(campaign);
      return;
    }
    const name = JSON.stringify([object.tenant, object.calling_list]);
    const list = this.lists.get(name) ?? { tenant: object.tenant, name: object.calling_list, whole: null, users: new Map() };
    this.lists.set(name, list);
    if (object.object_type === "CallingList") list.whole = object;
    else list.users.set(object.campaign, object);
    this.listsDirty = true;
  }

  #campaign(object) {
    const key = campaignKey(object);
    let campaign = this.campaigns.get(key);
    if (!campaign) {
      campaign = { key, tenant: object.tenant, name: object.campaign, whole: null, groups: new Map() };
      this.campaigns.set(key, campaign);
    }
    return campaign;
  }

  #remove(identity) {
    const key = keyOf(identity);
    const object = this.objects.get(key);
    if (!object) return;
    this.objects.delete(key);
    if (object.object_type === "Campaign" || object.object_type === "CampaignGroup") {
      const campaign = this.#campaign(object);
      if (object.object_type === "Campaign") campaign.whole = null;
      campaign.groups.delete(key);
      if (!campaign.whole && !campaign.groups.size) this.campaigns.delete(campaign.key);
      this.dirty.add(campaign);
      return;
    }
    const name = JSON.stringify([object.tenant, object.calling_list]);
    const list = this.lists.get(name);
    if (object.object_type === "CallingList") list.whole = null;
    else list.users.delete(object.campaign);
    if (!list.whole && !list.users.size) this.lists.delete(name);
    this.listsDirty = true;
  }

  // The present, as far as this board is concerned: if all it has is older than a day, the time of its last report.
  reference(now) {
    return this.isPast(now) ? this.newest : now;
  }

  isPast(now) {
    return this.newest > 0 && now - this.newest > DAY;
  }
}

export const kindOf = (object) => KINDS[object?.state?.status] ?? "unknown";

// Names in the order that people expect: North 2 before North 10.
export const compareNames = (a, b) => a.localeCompare(b, "en", { numeric: true });

// Running first, then by name.
export function compareCampaigns(a, b) {
  const running = (campaign) => (kindOf(campaign.whole) === "running" ? 0 : 1);
  return running(a) - running(b) || compareNames(a.name, b.name) || compareNames(a.tenant, b.tenant);
}

// A value under the first of the profiles that has one; undefined if none has.
export function valueOf(object, name, ...profiles) {
  for (const profile of profiles) {
    const value = object?.profiles[profile]?.values[name];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

// The same of a sliding window, as long as it has not wholly passed since it was reported.
export function recentOf(object, name, reference) {
  const panel = object?.profiles.last15;
  return panel && reference - panel.as_of <= CURVE_REACH ? valueOf(object, name, "last15") : undefined;
}

export function dialsPerMinute(object, reference) {
  const perSecond = recentOf(object, "DialsPerSecond", reference);
  if (perSecond !== undefined) return perSecond * 60;
  const dials = recentOf(object, "DialsMade", reference);
  if (dials === undefined) return undefined;
  const { as_of, window_start } = object.profiles.last15;
  return as_of > window_start ? (dials * 60_000) / (as_of - window_start) : undefined;
}
