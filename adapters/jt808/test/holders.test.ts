import assert from "node:assert/strict";
import { test } from "node:test";
import { Holders } from "../holders.ts";

const holder = (isHolding = true) => ({ isHolding });

test("a terminal is held by the last that claimed it, until that one lets go", () => {
  const holders = new Holders();
  const [a, b] = [holder(), holder()];
  assert.equal(holders.isHeldByOther("t", a), false);
  assert.equal(holders.claim("t", a), null);
  assert.deepEqual([holders.isHeldByOther("t", a), holders.isHeldByOther("t", b)], [false, true]);
  assert.equal(holders.claim("t", b), a);
  holders.release("t", a);
  assert.equal(holders.isHeldByOther("t", a), true);
  holders.release("t", b);
  assert.equal(holders.isHeldByOther("t", a), false);
});

test("a claim that comes to nothing goes back to whom it was taken from, if that one is still there", () => {
  const holders = new Holders();
  const [a, b, c, gone] = [holder(), holder(), holder(), holder(false)];
  holders.claim("t", a);
  holders.giveBack("t", b, holders.claim("t", b));
  assert.equal(holders.isHeldByOther("t", a), false);
  holders.claim("t", gone);
  holders.giveBack("t", b, holders.claim("t", b));
  assert.equal(holders.isHeldByOther("t", c), false);
  // Somebody else came meanwhile.
  const previous = holders.claim("t", b);
  holders.claim("t", c);
  holders.giveBack("t", b, previous);
  assert.equal(holders.isHeldByOther("t", c), false);
});
