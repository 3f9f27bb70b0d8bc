import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../conformance/fake-clock.ts";
import { IdempotencyStore, isIdempotencyKey } from "../idempotency.ts";
import type { Answer, FirstRequest } from "../idempotency.ts";

const limits = { max: 4, perPrincipalMax: 3, ageMs: 1_000 };
const answer = (status = 202): Answer => ({ status, retryAfterS: 0, body: `{"n":${status}}` });

function first(store: IdempotencyStore, scope: string, key: string, fingerprint = "f"): FirstRequest {
  const recognition = store.recognise(scope, key, fingerprint);
  if (recognition.kind !== "first") throw new Error(recognition.kind);
  return recognition;
}

test("the same request is answered again", async () => {
  const store = new IdempotencyStore(new FakeClock(), limits);
  first(store, "a", "k").remember(answer());
  const again = store.recognise("a", "k", "f");
  assert.equal(again.kind, "again");
  assert.deepEqual(await (again as { answer: Promise<Answer> }).answer, answer());
});

test("a concurrent duplicate waits for the first", async () => {
  const store = new IdempotencyStore(new FakeClock(), limits);
  const running = first(store, "a", "k");
  const again = store.recognise("a", "k", "f");
  assert.equal(again.kind, "again");
  let isAnswered = false;
  const waiting = (again as { answer: Promise<Answer> }).answer.then((got) => {
    isAnswered = true;
    return got;
  });
  await new Promise(setImmediate);
  assert.equal(isAnswered, false);
  running.remember(answer(403));
  assert.deepEqual(await waiting, answer(403));
});

test("the same key with another request is noticed", () => {
  const store = new IdempotencyStore(new FakeClock(), limits);
  first(store, "a", "k").remember(answer());
  assert.equal(store.recognise("a", "k", "other").kind, "reused");
});

test("keys of two principals never meet", () => {
  const store = new IdempotencyStore(new FakeClock(), limits);
  first(store, "a", "k").remember(answer());
  first(store, "b", "k", "other").remember(answer());
  first(store, "a\nk", "", "x");
});

test("an answer that asks to come back is not remembered, but told to those who wait", async () => {
  for (const status of [429, 500, 503]) {
    const store = new IdempotencyStore(new FakeClock(), limits);
    const running = first(store, "a", "k");
    const again = store.recognise("a", "k", "f") as { answer: Promise<Answer> };
    running.remember(answer(status));
    assert.equal((await again.answer).status, status);
    assert.equal(store.size, 0);
    first(store, "a", "k").remember(answer());
  }
});

test("forgotten after its time", () => {
  const clock = new FakeClock();
  const store = new IdempotencyStore(clock, limits);
  first(store, "a", "k").remember(answer());
  clock.advance(999);
  assert.equal(store.recognise("a", "k", "f").kind, "again");
  clock.advance(1);
  first(store, "a", "k");
  assert.equal(store.size, 1);
});

test("one principal forgets its own oldest, not those of others", () => {
  const store = new IdempotencyStore(new FakeClock(), limits);
  first(store, "b", "1").remember(answer());
  for (const key of ["1", "2", "3", "4"]) first(store, "a", key).remember(answer());
  assert.equal(store.size, 4);
  assert.equal(store.recognise("b", "1", "f").kind, "again");
  assert.equal(store.recognise("a", "2", "f").kind, "again");
  first(store, "a", "1");
});

test("all together are bounded, oldest first", () => {
  const store = new IdempotencyStore(new FakeClock(), limits);
  for (const scope of ["a", "b", "c", "d", "e"]) first(store, scope, "k").remember(answer());
  assert.equal(store.size, 4);
  assert.equal(store.recognise("b", "k", "f").kind, "again");
  assert.equal(store.recognise("a", "k", "f").kind, "first");
});

test("running requests are never forgotten to make room", () => {
  const store = new IdempotencyStore(new FakeClock(), limits);
  const running = ["1", "2", "3"].map((key) => first(store, "a", key));
  assert.equal(store.recognise("a", "4", "f").kind, "full");
  running[1]!.remember(answer());
  first(store, "a", "4");
  assert.equal(store.recognise("a", "1", "f").kind, "again");
  assert.equal(store.recognise("a", "2", "f").kind, "full");
});

test("keys are short and visible", () => {
  for (const key of ["a", "6fa459ea-ee8a-3ca4-894e-db77e160355e", '"quoted"', "x".repeat(255)]) {
    assert.equal(isIdempotencyKey(key), true);
  }
  for (const key of ["", " ", "a b", "ü", "x".repeat(256), "a\n"]) assert.equal(isIdempotencyKey(key), false);
});
