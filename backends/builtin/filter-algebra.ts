// Sets of topics, written as MQTT topic filters: whether one contains another, and whether two have a topic in common.
// Exact, `$`-topics included (a leading wildcard never matches a topic that begins with `$`, [MQTT-4.7.2-1]).

/** A filter's levels; `+` and `#` are wildcards. */
export type Levels = readonly string[];

const ALL: Levels = Object.freeze(["+", "#"]);

/** A topic has at least one level: `#` alone is written `+/#`, so that every set has one spelling. */
export function levelsOf(filter: string): Levels {
  return filter === "#" ? ALL : filter.split("/");
}

/** True when every topic that `inner` matches is matched by `outer`. A topic is the filter that matches it alone. */
export function contains(outer: Levels, inner: Levels): boolean {
  for (let i = 0; ; i++) {
    const wide = outer[i];
    const narrow = inner[i];
    // `a/#` matches `a` as well.
    if (wide === "#") return true;
    if (wide === undefined || narrow === undefined) return wide === narrow;
    if (narrow === "#") return false;
    if (wide === "+") {
      if (i === 0 && isDollar(narrow)) return false;
    } else if (wide !== narrow) return false;
  }
}

/** True when there is a topic that both match. */
export function overlaps(one: Levels, other: Levels): boolean {
  for (let i = 0; ; i++) {
    const left = one[i];
    const right = other[i];
    if (i === 0 && ((left === "+" && isDollar(right)) || (right === "+" && isDollar(left)))) return false;
    if (left === "#" || right === "#") return true;
    if (left === undefined || right === undefined) return left === right;
    if (left !== right && left !== "+" && right !== "+") return false;
  }
}

function isDollar(level: string | undefined): boolean {
  return level !== undefined && level.charCodeAt(0) === 0x24;
}
