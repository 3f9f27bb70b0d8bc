// What a configuration says about users and access, as a schema, and what a schema cannot check.

import { Type } from "typebox";
import type { Static } from "typebox";

import { parsePasswordHash, parseTokenHash } from "./password-hash.ts";
import { unknownPlaceholder } from "./placeholder.ts";

const NAME_MAX = 1_024;
const TOKENS_MAX = 16;

export const userSchema = Type.Object(
  {
    name: Type.String({
      pattern: "^[^/+#\\u0000]+(/[^/+#\\u0000]+)?$",
      maxLength: NAME_MAX,
      title: "a name without + and #, with at most one / behind the tenant",
      description: "User name, `user` or `tenant/user`.",
    }),
    password: Type.Optional(
      Type.String({ description: "scrypt hash as `tributary passwd` prints it (`$scrypt$ln=15,r=8,p=1$…$…`)." }),
    ),
    tokens: Type.Optional(
      Type.Array(Type.String(), {
        maxItems: TOKENS_MAX,
        description: "Bearer tokens, each as `tributary passwd --token` prints it (`$sha256$…`).",
      }),
    ),
  },
  { additionalProperties: false },
);
export type UserEntry = Static<typeof userSchema>;

const verb = Type.Union([Type.Literal("publish"), Type.Literal("subscribe"), Type.Literal("all")], {
  description: "`publish`, `subscribe` or `all` (both).",
});

export const accessRuleSchema = Type.Object(
  {
    allow: Type.Optional(verb),
    deny: Type.Optional(verb),
    topic: Type.String({
      minLength: 1,
      description:
        "Topic filter. `%c` stands for the client id, `%u` for the user, `%t` for the tenant, `%d` for the device, `%%` for a percent sign.",
    }),
  },
  { additionalProperties: false },
);
export type AccessRule = Static<typeof accessRuleSchema>;

/** Something wrong in a list: where (keys and indexes from the list on), what, and what was expected. */
export interface EntryProblem {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

export function userProblems(users: readonly UserEntry[]): EntryProblem[] {
  const problems: EntryProblem[] = [];
  const names = new Set<string>();
  const digests = new Set<string>();
  for (const [index, user] of users.entries()) {
    if (names.has(user.name)) problems.push({ path: [index, "name"], text: `user ${user.name} is there twice` });
    names.add(user.name);
    if (user.password === undefined && user.tokens === undefined) {
      problems.push({ path: [index], text: `user ${user.name} cannot log in, expected password or tokens` });
    }
    if (user.password !== undefined && parsePasswordHash(user.password) === null) {
      const text = "not a usable hash, expected what `tributary passwd` prints ($scrypt$ln=15,r=8,p=1$…)";
      problems.push({ path: [index, "password"], text });
    }
    for (const [at, token] of (user.tokens ?? []).entries()) {
      const digest = parseTokenHash(token);
      if (digest === null) {
        const text = "not a token's digest, expected what `tributary passwd --token` prints ($sha256$…)";
        problems.push({ path: [index, "tokens", at], text });
      } else if (digests.has(digest)) {
        problems.push({ path: [index, "tokens", at], text: "this token is there twice" });
      } else digests.add(digest);
    }
  }
  return problems;
}

export function accessRuleProblems(rules: readonly AccessRule[]): EntryProblem[] {
  const problems: EntryProblem[] = [];
  for (const [index, rule] of rules.entries()) {
    if ((rule.allow === undefined) === (rule.deny === undefined)) {
      problems.push({ path: [index], text: "a rule either allows or denies, expected one of the keys allow and deny" });
    }
    const placeholder = unknownPlaceholder(rule.topic);
    if (placeholder !== null) {
      const text = `unknown placeholder ${placeholder}, expected %c, %u, %t, %d or %%`;
      problems.push({ path: [index, "topic"], text });
    }
    if (!isFilter(rule.topic)) {
      const text = `${JSON.stringify(rule.topic)} is not a topic filter, expected + and # to stand alone in a level, # last`;
      problems.push({ path: [index, "topic"], text });
    }
  }
  return problems;
}

function isFilter(text: string): boolean {
  const levels = text.split("/");
  return levels.every((level, index) => {
    if (level === "#") return index === levels.length - 1;
    return level === "+" || !/[+#\0]/.test(level);
  });
}
