// The access list: first match, default, placeholders and what a name may not do with them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { array, assert as check, constantFrom, property, record } from "fast-check";

import type { Origin } from "../../../core/index.ts";
import { matches } from "../../../core/topic.ts";
import { AccessList, AllowAll } from "../access-list.ts";
import { accessRuleProblems } from "../config.ts";
import type { AccessRule } from "../config.ts";
import { directPeer } from "../../../net/peer.ts";

function originOf(names: Partial<Pick<Origin, "client" | "user" | "tenant" | "device">>): Origin {
  const peer = directPeer("line", "127.0.0.1", 1);
  return {
    tenant: "",
    device: "",
    client: "",
    user: "",
    via: [],
    protocol: "line",
    protocolVersion: "1",
    listener: "line",
    node: "n",
    peer,
    ...names,
  };
}

const rulesFor = (rules: readonly AccessRule[], names: Parameters<typeof originOf>[0] = {}) =>
  new AccessList(rules).rulesFor(originOf(names));

test("the first rule that matches decides; what no rule matches is denied", async () => {
  const rules = await rulesFor([
    { deny: "publish", topic: "a/secret/#" },
    { allow: "publish", topic: "a/#" },
    { allow: "subscribe", topic: "b/+" },
  ]);
  assert.equal(rules.mayPublish("a/x"), true);
  assert.equal(rules.mayPublish("a/secret"), false);
  assert.equal(rules.mayPublish("b/x"), false);
  assert.equal(rules.maySubscribe("b/x"), true);
  assert.equal(rules.maySubscribe("b/+"), true);
  assert.equal(rules.maySubscribe("b/#"), false);
  assert.equal(rules.maySubscribe("a/x"), false);
});

test("an empty list denies, no list allows", async () => {
  const none = await rulesFor([]);
  assert.equal(none.mayPublish("a"), false);
  assert.equal(none.maySubscribe("a"), false);
  const all = await new AllowAll().rulesFor();
  assert.equal(all.mayPublish("a"), true);
  assert.equal(all.maySubscribe("#"), true);
});

test("a filter that reaches into a denied part is refused", async () => {
  const rules = await rulesFor([
    { deny: "subscribe", topic: "+/secret" },
    { allow: "all", topic: "#" },
  ]);
  assert.equal(rules.maySubscribe("a/open"), true);
  for (const filter of ["#", "+/+", "a/#", "a/+", "a/secret"]) assert.equal(rules.maySubscribe(filter), false, filter);
  assert.equal(rules.maySubscribe("a/secret/deeper"), true);
});

test("placeholders stand for the session's names", async () => {
  const list: AccessRule[] = [{ allow: "all", topic: "%t/%u/%c/x-%d/100%%/#" }];
  const rules = await rulesFor(list, { tenant: "acme", user: "ann", client: "c1", device: "d1" });
  assert.equal(rules.mayPublish("acme/ann/c1/x-d1/100%/deep"), true);
  assert.equal(rules.mayPublish("acme/ann/c1/x-d2/100%/deep"), false);
});

test("a name cannot widen a rule that allows", async () => {
  for (const client of ["+", "#", "a/b", "a/#", "", "\0"]) {
    const rules = await rulesFor([{ allow: "all", topic: "dev/%c/#" }], { client });
    for (const topic of ["dev/x/y", "dev/a/b/c", "dev//x", `dev/${client}/x`]) {
      assert.equal(rules.mayPublish(topic), false, `${client} ${topic}`);
    }
    for (const filter of ["dev/#", "dev/+/x", "dev/a/b/#"]) assert.equal(rules.maySubscribe(filter), false);
  }
});

test("a name cannot escape a rule that denies", async () => {
  const list: AccessRule[] = [
    { deny: "all", topic: "jail/%c/#" },
    { deny: "all", topic: "%c/cell" },
    { allow: "all", topic: "#" },
    { allow: "all", topic: "$a/#" },
  ];
  const rules = await rulesFor(list, { client: "$a/b" });
  for (const topic of ["jail/$a/b/x", "jail/other", "$a/b/cell"]) assert.equal(rules.mayPublish(topic), false, topic);
  assert.equal(rules.maySubscribe("$a/#"), false);
  const harmless = await rulesFor(list, { client: "c" });
  assert.equal(harmless.mayPublish("jail/other"), true);
});

test("a rule about a user or tenant says nothing about who has none", async () => {
  const list: AccessRule[] = [
    { deny: "all", topic: "private/%u/#" },
    { allow: "all", topic: "#" },
  ];
  const rules = await rulesFor(list, { user: "" });
  assert.equal(rules.mayPublish("private/ann/x"), true);
});

test("rules with and without placeholders keep their order; without any, sessions share them", async () => {
  const mixed: AccessRule[] = [
    { allow: "all", topic: "a/%c" },
    { deny: "all", topic: "a/#" },
    { allow: "all", topic: "#" },
  ];
  const rules = await rulesFor(mixed, { client: "me" });
  assert.deepEqual(
    ["a/me", "a/you", "b"].map((topic) => rules.mayPublish(topic)),
    [true, false, true],
  );
  const list = new AccessList(mixed.slice(1));
  assert.equal(await list.rulesFor(originOf({ client: "a" })), await list.rulesFor(originOf({ client: "b" })));
});

const names = constantFrom("a", "b", "$a", "+");
const topicFilter = array(names, { minLength: 1, maxLength: 3 }).chain((levels) =>
  constantFrom(levels.join("/"), [...levels.slice(0, -1), "#"].join("/")),
);
const rule = record({ verb: constantFrom("allow", "deny"), topic: topicFilter }).map(({ verb, topic }): AccessRule => {
  return verb === "allow" ? { allow: "all", topic } : { deny: "all", topic };
});
const topics = ["a", "b", "x", "$a"].flatMap((first) => [
  first,
  ...["a", "b", "x"].flatMap((second) => [
    `${first}/${second}`,
    ...["a", "b", "x"].map((third) => `${first}/${second}/${third}`),
  ]),
]);

test("who may subscribe to a filter may read each topic that it matches", async () => {
  const cases: [AccessRule[], string][] = [];
  check(
    property(array(rule, { maxLength: 5 }), topicFilter, (rules, filter) => {
      cases.push([rules, filter]);
    }),
    { numRuns: 2_000 },
  );
  let allowed = 0;
  for (const [list, filter] of cases) {
    const rules = await rulesFor(list);
    if (!rules.maySubscribe(filter)) continue;
    allowed++;
    for (const topic of topics.filter((name) => matches(filter, name))) {
      assert.equal(rules.mayPublish(topic), true, `${filter} ${topic} ${JSON.stringify(list)}`);
    }
  }
  assert.ok(allowed > 50, `only ${allowed} cases were allowed`);
});

const texts = (entry: AccessRule) => accessRuleProblems([entry]).map((problem) => problem.text);

test("what a schema cannot check of a rule", () => {
  assert.deepEqual(texts({ allow: "all", topic: "a/%c/+/100%%/#" }), []);
  assert.match(texts({ topic: "a" }).join(), /either allows or denies/);
  assert.match(texts({ allow: "all", deny: "all", topic: "a" }).join(), /either allows or denies/);
  assert.match(texts({ allow: "all", topic: "a/%x" }).join(), /unknown placeholder %x/);
  assert.match(texts({ allow: "all", topic: "a/%" }).join(), /unknown placeholder %/);
  assert.match(texts({ allow: "all", topic: "a#" }).join(), /not a topic filter/);
  assert.match(texts({ allow: "all", topic: "#/a" }).join(), /not a topic filter/);
});
