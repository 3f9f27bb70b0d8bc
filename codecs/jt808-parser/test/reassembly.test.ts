// Fragments to messages: every order, every loss, sets side by side, limits.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  HeaderForm,
  Jt808Frame,
  Placement,
  Reassembly,
  ReassemblyBudget,
  framesOfBody,
  splitBody,
} from "../src/index.ts";
import type { ReassemblyLimits } from "../src/index.ts";
import { bytesOf, decodeAll, framesOf, hexOf, ofKind } from "./vectors.ts";

const LIMITS: ReassemblyLimits = {
  setsMax: 8,
  fragmentsMax: 4096,
  bytesMax: 1_000_000,
  askAfterMs: 1000,
  asksMax: 6,
  lifeMs: 600_000,
  anySerialWhenAsked: false,
};

function reassembly(limits: Partial<ReassemblyLimits> = {}, budget = new ReassemblyBudget(10_000_000)): Reassembly {
  return new Reassembly({ ...LIMITS, ...limits }, budget);
}

function fragment(number: number, total: number, serial: number, body: Uint8Array, id = 0x0801): Jt808Frame {
  return new Jt808Frame(id, 0x2000, HeaderForm.V2013, 0, "013800138000", serial, total, number, body);
}

/** `total` fragments whose bodies say whose they are. */
function setOf(mark: number, total: number, first: number, id = 0x0801): Jt808Frame[] {
  return Array.from({ length: total }, (_, index) =>
    fragment(index + 1, total, (first + index) & 0xffff, Uint8Array.of(mark, index + 1), id),
  );
}

/** Feeds them; settles what is whole. Gives the bodies of the messages, in order. */
function feed(one: Reassembly, frames: readonly Jt808Frame[], now = 0): string[] {
  const out: string[] = [];
  for (const frame of frames) {
    const { placement, set } = one.add(frame, now);
    if (placement !== Placement.Whole || set === null) continue;
    out.push(hexOf(set.joined().body));
    one.settle(set, true, now);
  }
  return out;
}

const sizes = (length: number, max?: number): number[] =>
  splitBody(new Uint8Array(length), max).map((piece) => piece.length);
const bodyOf = (frames: readonly Jt808Frame[]): string => frames.map(({ body }) => hexOf(body)).join("");

/** Plays a terminal: sends again under the same serials what is asked for, until nothing is. */
function askUntilDone(one: Reassembly, sent: readonly Jt808Frame[]): string[] {
  const out: string[] = [];
  for (let now = 1000, round = 0; one.size > 0; now += 1000, round++) {
    assert.ok(round < 100, "it ends");
    const { ask } = one.late(now);
    for (const set of ask) {
      const missing = set.missing(255);
      assert.ok(missing.length > 0);
      // A terminal finds its set by the serial of its first fragment.
      const start = sent.findIndex(
        ({ serial, fragmentNumber, id }) => id === set.id && fragmentNumber === 1 && serial === set.firstSerial,
      );
      if (start < 0) continue;
      for (const number of missing) out.push(...feed(one, [sent[start + number - 1]!], now));
    }
  }
  return out;
}

test("recorded sets are joined: as they came, from behind, and shuffled", () => {
  let complete = 0;
  for (const vector of ofKind("fragment-set")) {
    const frames = vector.frames!.flatMap((hex) => framesOf(decodeAll([bytesOf(hex)])));
    const expected = vector.expected as { complete: boolean; body_length: number; missing?: number[] };
    for (const order of [frames, frames.toReversed()]) {
      const one = reassembly();
      const bodies = feed(one, order);
      if (expected.complete) {
        assert.deepEqual(
          bodies.map((body) => body.length / 2),
          [expected.body_length],
          vector.id,
        );
        assert.equal(one.size, 0);
        complete++;
      } else {
        assert.deepEqual(bodies, []);
        assert.deepEqual(
          one.late(1000).ask.map((set) => set.missing(255)),
          [expected.missing],
          vector.id,
        );
      }
    }
  }
  assert.ok(complete >= 10);
});

test("recorded sets: lose any one fragment, or all but one; asked for, the message comes once", () => {
  for (const vector of ofKind("fragment-set")) {
    const { complete } = vector.expected as { complete: boolean };
    if (!complete) continue;
    const sorted = vector
      .frames!.flatMap((hex) => framesOf(decodeAll([bytesOf(hex)])))
      .toSorted((a, b) => a.fragmentNumber - b.fragmentNumber);
    const whole = bodyOf(sorted);
    for (const [index, kept] of sorted.entries()) {
      for (const first of [sorted.filter((_, at) => at !== index), [kept]]) {
        const one = reassembly();
        const bodies = feed(one, first);
        for (let now = 1000; one.size > 0; now += 1000) {
          const [set] = one.late(now).ask;
          assert.ok(set !== undefined, vector.id);
          for (const number of set.missing(255)) bodies.push(...feed(one, [sorted[number - 1]!], now));
        }
        assert.deepEqual(bodies, [whole], `${vector.id} ${index}`);
        // And all of it once more: nothing comes out.
        assert.deepEqual(feed(one, sorted, 5000), []);
        assert.equal(one.size, 0);
      }
    }
  }
});

test("any order, any repetition, any wrap of the serials: once, whole", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 0, maxLength: 400 }),
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 0, max: 0xffff }),
      fc.infiniteStream(fc.nat()),
      (body, size, serial, random) => {
        const frames = framesOfBody(0x0704, 2019, 1, "00000000013800138000", serial, body, size);
        if (frames.length === 1) return;
        const twice = [...frames, ...frames].map((frame) => ({ frame, key: random.next().value }));
        const shuffled = twice.toSorted((a, b) => a.key - b.key).map(({ frame }) => frame);
        const one = reassembly();
        assert.deepEqual(feed(one, shuffled), [hexOf(body)]);
        assert.equal(one.size, 0);
      },
    ),
  );
});

test("two sets of one shape, each without any one fragment: neither mixes with the other, both come once", () => {
  for (const total of [3, 5, 10]) {
    const a = setOf(0xa, total, 0xfffc);
    const b = setOf(0xb, total, (0xfffc + total) & 0xffff);
    const expected = [bodyOf(a), bodyOf(b)].toSorted();
    for (let i = 0; i < total; i++) {
      for (let j = 0; j < total; j++) {
        const orders = [
          [...a.filter((_, at) => at !== i), ...b.filter((_, at) => at !== j)],
          // One after the other by number, as two threads of a terminal would send them.
          a.flatMap((frame, at) => [...(at === i ? [] : [frame]), ...(at === j ? [] : [b[at]!])]),
        ];
        for (const order of orders) {
          const one = reassembly();
          const early = feed(one, order);
          const late = askUntilDone(one, [...a, ...b]);
          assert.deepEqual([...early, ...late].toSorted(), expected, `${total} ${i} ${j}`);
        }
      }
    }
  }
});

test("a new number 1 begins a new set, also where all serials are the same", () => {
  const one = reassembly();
  const a = setOf(0xa, 3, 0).map((frame) => fragment(frame.fragmentNumber, 3, 0, frame.body));
  const b = setOf(0xb, 3, 0).map((frame) => fragment(frame.fragmentNumber, 3, 0, frame.body));
  assert.deepEqual(feed(one, [...a, ...b]), [bodyOf(a), bodyOf(b)]);
  assert.deepEqual(feed(reassembly(), [a[0]!, a[1]!, ...b]), [bodyOf(b)], "the unfinished one is left alone");
});

test("empty fragments count", () => {
  const one = reassembly();
  const frames = [1, 2, 3].map((number) => fragment(number, 3, number, new Uint8Array(0)));
  assert.deepEqual(feed(one, frames), [""]);
});

test("numbers that are none, and totals that are too large, are refused and cost nothing", () => {
  const budget = new ReassemblyBudget(1000);
  const one = reassembly({ fragmentsMax: 100, bytesMax: 50 }, budget);
  const place = (number: number, total: number, bytes = 1): number =>
    one.add(fragment(number, total, number, new Uint8Array(bytes)), 0).placement;
  assert.equal(place(0, 0), Placement.Malformed);
  assert.equal(place(0, 5), Placement.Malformed);
  assert.equal(place(6, 5), Placement.Malformed);
  assert.equal(place(1, 101), Placement.TooLarge);
  assert.deepEqual([one.size, budget.used], [0, 0]);
  assert.equal(place(1, 3, 40), Placement.Kept);
  const { placement, givenUp } = one.add(fragment(2, 3, 2, new Uint8Array(20)), 0);
  assert.equal(placement, Placement.TooLarge);
  assert.equal(givenUp.length, 1, "what it has is told");
  assert.deepEqual([one.size, budget.used], [0, 0]);
});

test("one more set than there is room for: the oldest is given up", () => {
  const one = reassembly({ setsMax: 2 });
  for (const id of [1, 2]) one.add(fragment(1, 2, 0, Uint8Array.of(id), id), 0);
  const { placement, givenUp } = one.add(fragment(1, 2, 0, Uint8Array.of(3), 3), 0);
  assert.equal(placement, Placement.Kept);
  assert.deepEqual(
    givenUp.map(({ id }) => id),
    [1],
  );
  assert.equal(one.size, 2);
});

test("the bytes of one terminal, and of all, are bounded, and come back", () => {
  const budget = new ReassemblyBudget(120);
  const one = reassembly({ bytesMax: 100 }, budget);
  const other = reassembly({ bytesMax: 100 }, budget);
  one.add(fragment(1, 2, 0, new Uint8Array(80), 1), 0);
  const { givenUp } = one.add(fragment(1, 2, 0, new Uint8Array(60), 2), 0);
  assert.deepEqual(
    givenUp.map(({ id }) => id),
    [1],
  );
  assert.equal(other.add(fragment(1, 2, 0, new Uint8Array(70)), 0).placement, Placement.Overload);
  assert.equal(budget.used, 60);
  assert.equal(other.size, 0);
  assert.equal(one.clear().length, 1);
  assert.equal(budget.used, 0);
  assert.equal(other.add(fragment(1, 2, 0, new Uint8Array(70)), 0).placement, Placement.Kept);
});

test("missing ones are asked for a bounded number of times, anew when one comes; then the set is given up", () => {
  const one = reassembly({ asksMax: 3 });
  const frames = setOf(1, 4, 0);
  feed(one, [frames[0]!], 0);
  assert.equal(one.nextDue, 1000);
  assert.equal(one.late(999).ask.length, 0);
  assert.deepEqual(
    one.late(1000).ask.map((set) => set.missing(2)),
    [[2, 3]],
  );
  one.late(2000);
  feed(one, [frames[2]!], 2500);
  let asks = 0;
  for (let now = 2500; one.size > 0; now += 500) {
    const { ask, givenUp } = one.late(now);
    asks += ask.length;
    if (givenUp.length > 0) assert.deepEqual(givenUp[0]!.missing(10), [2, 4]);
  }
  assert.equal(asks, 3);
  assert.equal(one.nextDue, Infinity);
});

test("a set does not live for ever, however well it is fed", () => {
  const one = reassembly({ lifeMs: 10_000 });
  let givenUp = 0;
  for (let n = 1, now = 0; n <= 200; n++, now += 900) {
    feed(one, [fragment(n, 4000, n, Uint8Array.of(n))], now);
    givenUp += one.late(now + 899).givenUp.length;
  }
  assert.equal(givenUp, 0, "it is not due while they come");
  assert.equal(one.late(1_000_000).givenUp.length, 1);
});

test("a refused message is complete again when its last fragment comes again", () => {
  const one = reassembly();
  const [a, b] = setOf(1, 2, 7) as [Jt808Frame, Jt808Frame];
  one.add(b, 0);
  const first = one.add(a, 0);
  assert.equal(first.placement, Placement.Whole);
  assert.equal(one.add(a, 0).placement, Placement.Unsettled);
  assert.equal(one.add(b, 0).placement, Placement.Duplicate);
  one.settle(first.set!, false, 0);
  assert.deepEqual(one.late(1000).ask[0]!.missing(9), [1]);
  const second = one.add(a, 1000);
  assert.equal(second.placement, Placement.Whole);
  one.settle(second.set!, true, 1000);
  assert.equal(one.add(a, 1000).placement, Placement.Duplicate);
  assert.equal(one.add(a, 1_000_000).placement, Placement.Kept, "long after, it is another message");
});

test("a terminal that sends all of it again under new serials: once", () => {
  const one = reassembly();
  feed(
    one,
    setOf(1, 4, 0).filter(({ fragmentNumber }) => fragmentNumber !== 3),
  );
  one.late(1000);
  assert.equal(feed(one, setOf(1, 4, 50), 1500).length, 1);
  assert.equal(one.size, 0, "what was asked for is not waited for any longer");
});

test("anySerialWhenAsked: what was asked for is taken under a new serial", () => {
  for (const anySerialWhenAsked of [true, false]) {
    const one = reassembly({ anySerialWhenAsked });
    const frames = setOf(1, 5, 0);
    feed(
      one,
      frames.filter(({ fragmentNumber }) => fragmentNumber % 2 === 1),
    );
    one.late(1000);
    const again = frames.map(({ fragmentNumber, body }) => fragment(fragmentNumber, 5, 500 + fragmentNumber, body));
    const asked = again.filter(({ fragmentNumber }) => fragmentNumber % 2 === 0);
    assert.equal(feed(one, asked, 1500).length, anySerialWhenAsked ? 1 : 0);
  }
});

test("the joined frame is whole, and has the first one's serial", () => {
  const one = reassembly();
  const frames = framesOfBody(0x0704, HeaderForm.V2019, 1, "00000000013800138000", 0xffff, new Uint8Array(2500));
  assert.deepEqual(
    frames.map(({ serial, body }) => [serial, body.length]),
    [
      [0xffff, 1023],
      [0, 1023],
      [1, 454],
    ],
  );
  let joined: Jt808Frame | null = null;
  for (const frame of frames.toReversed()) joined = one.add(frame, 0).set?.joined() ?? null;
  assert.deepEqual(
    [joined!.serial, joined!.isFragment, joined!.form, joined!.phone, joined!.body.length],
    [0xffff, false, 2019, "00000000013800138000", 2500],
  );
});

test("bodies are cut at the limit, and only when they must be", () => {
  assert.deepEqual(sizes(0), [0]);
  assert.deepEqual(sizes(1023), [1023]);
  assert.deepEqual(sizes(1024), [1023, 1]);
  assert.deepEqual(sizes(2046), [1023, 1023]);
  assert.deepEqual(sizes(10, 4), [4, 4, 2]);
  assert.throws(() => splitBody(new Uint8Array(1), 1024), RangeError);
  assert.throws(() => splitBody(new Uint8Array(65_536), 1), RangeError);
  const [whole] = framesOfBody(1, HeaderForm.V2013, 0, "1", 9, new Uint8Array(1023));
  assert.deepEqual([whole!.isFragment, whole!.serial], [false, 9]);
});

test("whatever comes, whatever becomes of it: limits hold, the budget is exact, nothing is told that was not sent", () => {
  const step = fc.oneof(
    fc.record({
      id: fc.integer({ min: 1, max: 2 }),
      total: fc.integer({ min: 0, max: 6 }),
      number: fc.integer({ min: 0, max: 7 }),
      serial: fc.integer({ min: 0, max: 20 }),
      body: fc.uint8Array({ maxLength: 30 }),
      isTaken: fc.boolean(),
    }),
    fc.constant("wait"),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.boolean(), (steps, anySerialWhenAsked) => {
      const budget = new ReassemblyBudget(200);
      const one = reassembly({ setsMax: 3, fragmentsMax: 5, bytesMax: 100, asksMax: 2, anySerialWhenAsked }, budget);
      let now = 0;
      for (const next of steps) {
        if (next === "wait") {
          now += 1000;
          for (const set of one.late(now).ask) assert.ok(set.missing(9).length === set.total - set.count);
        } else {
          const { id, total, number, serial, body, isTaken } = next;
          const { placement, set } = one.add(fragment(number, total, serial, body, id), now);
          if (placement === Placement.Whole) {
            assert.equal(set!.joined().body.length, set!.bytes);
            assert.ok(set!.count === set!.total && set!.fragments.some((part) => part.number === number));
            one.settle(set!, isTaken, now);
          }
        }
        assert.ok(one.size <= 4 && one.bytes <= 100);
        assert.equal(budget.used, one.bytes);
      }
      one.clear();
      assert.deepEqual([one.size, budget.used], [0, 0]);
    }),
    { numRuns: 500 },
  );
});
