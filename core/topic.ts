// Topic names and topic filters: what is well formed, what matches what. MQTT's rules (5.0, section 4.7) for everybody.

/** Bounds of a topic. */
export interface TopicLimits {
  readonly topicMaxBytes: number;
  readonly topicMaxLevels: number;
}

/** A filter taken apart. */
export interface ParsedFilter {
  /** Name of the share group, or null. */
  readonly group: string | null;
  /** The filter that topics are matched with, without `$share/{group}/`. */
  readonly filter: string;
  readonly hasWildcard: boolean;
}

const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;
const DOLLAR = 0x24;
const SHARE = "$share/";

/** UTF-8 length of a string that may hold any character. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes: two for each.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

/** Length, characters and levels: what names and filters have in common. [MQTT-4.7.3-1…3, MQTT-1.5.4-1, MQTT-1.5.4-2] */
function isText(text: string, limits: TopicLimits): boolean {
  if (typeof text !== "string") return false;
  const length = text.length;
  if (length === 0 || length > limits.topicMaxBytes) return false;
  let levels = 1;
  let plain = true;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0) return false;
    if (unit === SLASH) levels++;
    else if (unit >= 0x80) plain = false;
  }
  if (levels > limits.topicMaxLevels) return false;
  return plain || (text.isWellFormed() && utf8Length(text) <= limits.topicMaxBytes);
}

/** True for a name that a message may be published to: no wildcard [MQTT-3.3.2-2], and not one of the core's own. */
export function isTopicName(topic: string, limits: TopicLimits): boolean {
  if (!isText(topic, limits)) return false;
  for (let i = 0; i < topic.length; i++) {
    const unit = topic.charCodeAt(i);
    if (unit === PLUS || unit === HASH) return false;
  }
  if (topic.charCodeAt(0) !== DOLLAR) return true;
  return topic !== "$SYS" && topic !== "$share" && !topic.startsWith("$SYS/") && !topic.startsWith(SHARE);
}

/** The filter in its parts, or null when it is not well formed. [MQTT-4.7.1-1…3, MQTT-4.8.2-1, MQTT-4.8.2-2] */
export function parseFilter(text: string, limits: TopicLimits): ParsedFilter | null {
  if (!isText(text, limits)) return null;
  let filter = text;
  let group: string | null = null;
  if (text.startsWith(SHARE)) {
    const slash = text.indexOf("/", SHARE.length);
    if (slash <= SHARE.length || slash === text.length - 1) return null;
    group = text.slice(SHARE.length, slash);
    if (group.includes("+") || group.includes("#")) return null;
    filter = text.slice(slash + 1);
  } else if (text === "$share") return null;
  const hasWildcard = wildcardsIn(filter);
  return hasWildcard === null ? null : { group, filter, hasWildcard };
}

/** Whether there are wildcards; null when one stands where it must not. */
function wildcardsIn(filter: string): boolean | null {
  const last = filter.length - 1;
  let found = false;
  for (let i = 0; i <= last; i++) {
    const unit = filter.charCodeAt(i);
    if (unit !== PLUS && unit !== HASH) continue;
    found = true;
    if (i > 0 && filter.charCodeAt(i - 1) !== SLASH) return null;
    if (unit === HASH ? i !== last : i < last && filter.charCodeAt(i + 1) !== SLASH) return null;
  }
  return found;
}

/** True when the filter (without a share prefix) matches the topic. The plain definition, which the index is tested against. */
export function matches(filter: string, topic: string): boolean {
  const pattern = filter.split("/");
  const levels = topic.split("/");
  // [MQTT-4.7.2-1] A leading wildcard does not match a topic that begins with `$`.
  if (topic.charCodeAt(0) === DOLLAR && (pattern[0] === "+" || pattern[0] === "#")) return false;
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === "#") return true;
    if (i >= levels.length) return false;
    if (pattern[i] !== "+" && pattern[i] !== levels[i]) return false;
  }
  return pattern.length === levels.length;
}
