// Authentication from the configuration: who gets in, who is told what, how much work may be waiting.
import assert from "node:assert/strict";
import { before, test } from "node:test";

import { FakeClock } from "../../../conformance/fake-clock.ts";
import { Refusal, RefusalReason } from "../../../core/index.ts";
import type { Credentials, Peer } from "../../../core/index.ts";
import { userProblems } from "../config.ts";
import type { UserEntry } from "../config.ts";
import { hashPassword, hashToken, parsePasswordHash } from "../password-hash.ts";
import { PasswordVerifier, VerifierBusy, defaultVerifierLimits } from "../password-verifier.ts";
import { Anonymous, BuiltinUsers } from "../users.ts";
import { directPeer } from "../../../net/peer.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const peer: Peer = directPeer("line", "127.0.0.1", 1);
const login = (user: string | null, password: string | null, token: string | null = null): Credentials => {
  return { client: "c", user, password: password === null ? null : bytes(password), token };
};

let users: UserEntry[] = [];
let hash = "";
before(async () => {
  hash = await hashPassword(bytes("pw"), { ln: 10, r: 8, p: 1 });
  users = [
    { name: "acme/truck-7", password: hash, tokens: [hashToken("token-7")] },
    { name: "bob", tokens: [hashToken("token-bob")] },
    { name: "__proto__", password: hash },
  ];
});
const builtin = (hideUnknownUsers = true) => new BuiltinUsers({ users, clock: new FakeClock(), hideUnknownUsers });

test("user and password", async () => {
  const chain = builtin();
  assert.deepEqual(await chain.authenticate(peer, login("acme/truck-7", "pw")), { tenant: "acme", user: "truck-7" });
  assert.deepEqual(await chain.authenticate(peer, login("__proto__", "pw")), { tenant: "", user: "__proto__" });
  for (const password of ["pW", "", null]) {
    const answer = await chain.authenticate(peer, login("acme/truck-7", password));
    assert.ok(answer instanceof Refusal);
    assert.equal(answer.reason, RefusalReason.BadCredentials);
  }
});

test("a user without a password cannot log in with one", async () => {
  for (const hide of [true, false]) {
    assert.ok((await builtin(hide).authenticate(peer, login("bob", ""))) instanceof Refusal);
  }
});

test("who is not known here is left to the next link", async () => {
  for (const name of ["truck-7", "acme/truck-8", "constructor", ""]) {
    assert.equal(await builtin().authenticate(peer, login(name, "pw")), null);
  }
  assert.equal(await builtin().authenticate(peer, login(null, null)), null);
});

test("bearer tokens", async () => {
  const chain = builtin();
  assert.deepEqual(await chain.authenticate(peer, login(null, null, "token-7")), { tenant: "acme", user: "truck-7" });
  assert.deepEqual(await chain.authenticate(peer, login(null, null, "token-bob")), { tenant: "", user: "bob" });
  assert.equal(await chain.authenticate(peer, login("bob", null, "token-x")), null);
});

test("anonymous is nobody, whatever name it gives; an unknown token is not anonymous", async () => {
  const anonymous = new Anonymous();
  assert.deepEqual(await anonymous.authenticate(peer, login("acme/truck-7", "x")), { tenant: "", user: "" });
  assert.deepEqual(await anonymous.authenticate(peer, login(null, null)), { tenant: "", user: "" });
  assert.equal(await anonymous.authenticate(peer, login(null, null, "token")), null);
});

test("an unknown name costs what a wrong password costs", async () => {
  const dear = await hashPassword(bytes("pw"), { ln: 14, r: 8, p: 1 });
  const chain = new BuiltinUsers({
    users: [{ name: "a", password: dear }],
    clock: new FakeClock(),
    hideUnknownUsers: true,
  });
  const timed = async (user: string, password: string) => {
    const start = process.hrtime.bigint();
    await chain.authenticate(peer, login(user, password));
    return Number(process.hrtime.bigint() - start) / 1e6;
  };
  let wrong = 0;
  let unknown = 0;
  for (let i = 0; i < 4; i++) {
    wrong += await timed("a", `wrong ${i}`);
    unknown += await timed("b", `wrong ${i}`);
  }
  assert.ok(unknown > wrong / 4 && wrong > unknown / 4, `wrong ${wrong} ms, unknown ${unknown} ms`);
});

test("what succeeded is remembered for its time, and by password", async () => {
  const clock = new FakeClock();
  const expected = parsePasswordHash(hash)!;
  const verifier = new PasswordVerifier(clock, { ...defaultVerifierLimits, queueMax: 0, concurrency: 1 });
  assert.equal(await verifier.verify("a", bytes("pw"), expected), true);
  const occupied = verifier.verify("a", bytes("other"), expected);
  // The only place is taken: what needs no scrypt is answered all the same, the rest is refused.
  assert.equal(await verifier.verify("a", bytes("pw"), expected), true);
  await assert.rejects(verifier.verify("b", bytes("pw"), expected), VerifierBusy);
  assert.equal(await occupied, false);
  clock.advance(defaultVerifierLimits.successTtlMs + 1);
  const again = verifier.verify("a", bytes("other"), expected);
  await assert.rejects(verifier.verify("a", bytes("pw"), expected), VerifierBusy);
  await again;
});

test("the same login many times at once is one verification", async () => {
  const verifier = new PasswordVerifier(new FakeClock(), { ...defaultVerifierLimits, queueMax: 0, concurrency: 1 });
  const expected = parsePasswordHash(hash)!;
  const answers = await Promise.all(Array.from({ length: 5_000 }, () => verifier.verify("a", bytes("pw"), expected)));
  assert.ok(answers.every(Boolean));
});

test("waiting verifications run in their turn, and a full queue rejects", async () => {
  const verifier = new PasswordVerifier(new FakeClock(), { ...defaultVerifierLimits, queueMax: 3, concurrency: 2 });
  const expected = parsePasswordHash(hash)!;
  const running = [1, 2, 3, 4, 5].map((i) => verifier.verify(`u${i}`, bytes(i === 4 ? "pw" : "no"), expected));
  await assert.rejects(verifier.verify("u6", bytes("pw"), expected), VerifierBusy);
  assert.deepEqual(await Promise.all(running), [false, false, false, true, false]);
  assert.equal(await verifier.verify("u6", bytes("pw"), expected), true);
});

test("what a schema cannot check of users", () => {
  const problems = userProblems([
    { name: "a", password: "plain" },
    { name: "a", tokens: [hashToken("t"), "t"] },
    { name: "b" },
    { name: "c", tokens: [hashToken("t")] },
  ]);
  assert.deepEqual(
    problems.map((problem) => problem.path.join(".")),
    ["0.password", "1.name", "1.tokens.1", "2", "3.tokens.0"],
  );
  assert.ok(!problems.some((problem) => problem.text.includes("plain")), "no secret in a message");
});
