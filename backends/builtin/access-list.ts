// The access list from the configuration: rules in order, the first one that matches decides. A list that says nothing
// about a topic denies it; no list at all allows everything.

import type { Origin } from "../../core/index.ts";
import type { AccessRules, Authorizer } from "../../core/ports.ts";
import type { AccessRule } from "./config.ts";
import { contains, levelsOf, overlaps } from "./filter-algebra.ts";
import type { Levels } from "./filter-algebra.ts";
import { mapPlaceholders } from "./placeholder.ts";

/** A rule for one session: placeholders replaced. */
interface Rule {
  readonly isAllowed: boolean;
  readonly publish: boolean;
  readonly subscribe: boolean;
  /** null: every topic, `$`-topics included, which no filter can say. */
  readonly levels: Levels | null;
}

/** In a value, these would make more levels or a wider rule than whoever wrote the rule meant. */
const UNSAFE = /[/+#\0]/;

export class AccessList implements Authorizer {
  readonly #rules: readonly AccessRule[];
  /** Those without placeholders, once for all sessions: many thousands may be open. */
  readonly #fixed: readonly (Rule | null)[];
  /** Where no rule has placeholders, all sessions have the same. */
  readonly #common: AccessRules | null;

  constructor(rules: readonly AccessRule[]) {
    this.#rules = rules;
    this.#fixed = rules.map((rule) => (rule.topic.includes("%") ? null : toRule(rule, levelsOf(rule.topic))));
    const fixed = this.#fixed.filter((rule) => rule !== null);
    this.#common = fixed.length === rules.length ? new SessionRules(fixed) : null;
  }

  async rulesFor(origin: Origin): Promise<AccessRules> {
    if (this.#common !== null) return this.#common;
    const rules: Rule[] = [];
    for (const [index, rule] of this.#rules.entries()) {
      const fixed = this.#fixed[index] ?? null;
      const levels = fixed === null ? replacePlaceholders(rule.topic, origin, rule.allow !== undefined) : undefined;
      if (fixed !== null) rules.push(fixed);
      else if (levels !== undefined) rules.push(toRule(rule, levels));
    }
    return new SessionRules(rules);
  }
}

function toRule(rule: AccessRule, levels: Levels | null): Rule {
  const verb = rule.allow ?? rule.deny;
  return { isAllowed: rule.allow !== undefined, publish: verb !== "subscribe", subscribe: verb !== "publish", levels };
}

/** Without a list, everything is allowed. */
export class AllowAll implements Authorizer {
  readonly #rules: AccessRules = Object.freeze({ mayPublish: () => true, maySubscribe: () => true });

  async rulesFor(): Promise<AccessRules> {
    return this.#rules;
  }
}

class SessionRules implements AccessRules {
  readonly #rules: readonly Rule[];

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  mayPublish(topic: string): boolean {
    const levels = levelsOf(topic);
    for (const rule of this.#rules) {
      if (rule.publish && (rule.levels === null || contains(rule.levels, levels))) return rule.isAllowed;
    }
    return false;
  }

  /**
   * A filter is allowed when one rule allows all of it before any rule denies a part of it. (Not looked for: several
   * rules which only together cover it.)
   */
  maySubscribe(filter: string): boolean {
    const levels = levelsOf(filter);
    for (const rule of this.#rules) {
      if (!rule.subscribe) continue;
      if (rule.isAllowed) {
        if (rule.levels === null || contains(rule.levels, levels)) return true;
      } else if (rule.levels === null || overlaps(rule.levels, levels)) return false;
    }
    return false;
  }
}

/**
 * The rule's levels for one session; undefined when it does not apply to it, null when it is about every topic. A value that could reach into other levels
 * is never put in: a rule that allows does not apply then, and one that denies is widened from that level on, so that
 * nobody escapes a rule by the choice of a name. A level whose value is empty (no user, no tenant) matches nothing.
 */
function replacePlaceholders(topic: string, origin: Origin, isAllowed: boolean): Levels | null | undefined {
  const levels: string[] = [];
  for (const level of levelsOf(topic)) {
    if (!level.includes("%")) {
      levels.push(level);
      continue;
    }
    let isSafe = true;
    let isEmpty = false;
    const replaced = mapPlaceholders(level, (letter) => {
      const value = valueOf(letter, origin);
      if (value === "") isEmpty = true;
      if (UNSAFE.test(value)) isSafe = false;
      return value;
    });
    if (isEmpty) return undefined;
    if (!isSafe && isAllowed) return undefined;
    if (!isSafe) return levels.length === 0 ? null : [...levels, "#"];
    levels.push(replaced);
  }
  return levels;
}

function valueOf(letter: string, origin: Origin): string {
  if (letter === "c") return origin.client;
  if (letter === "u") return origin.user;
  if (letter === "t") return origin.tenant;
  if (letter === "d") return origin.device;
  return letter;
}
