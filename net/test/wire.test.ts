import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encode, Stand, text, write } from "./wire-stand.ts";

test("nothing leaves before the turn ends, then all of it with one write, in order", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  write(wire, "one ");
  encode(wire, "two ", 64);
  write(wire, "three");
  assert.equal(sink.calls.length, 0);
  assert.equal(wire.bufferedBytes, 13);
  stand.turn.flush();
  assert.equal(sink.taken.toString(), "one two three");
  assert.equal(sink.calls.length, 1);
  assert.equal(wire.bufferedBytes, 0);
  assert.equal(stand.bytes.bytesSent, 13);
  stand.turn.flush();
  assert.equal(sink.calls.length, 1);
});

test("ranges that touch leave as one view of the chunk that they are in", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  const chunk = text("..abcdef..");
  wire.write(chunk, 2, 4);
  wire.write(chunk, 4, 5);
  wire.write(chunk, 5, 8);
  stand.turn.flush();
  const sent = sink.calls[0]![0]!;
  assert.equal(Buffer.from(sent).toString(), "abcdef");
  assert.ok(sent.buffer === chunk.buffer);
  assert.equal(sent.byteOffset, chunk.byteOffset + 2);
});

test("what is encoded piece by piece for one peer leaves as one view of the staging buffer", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  encode(wire, "ab");
  encode(wire, "cd");
  const staging = wire.staging;
  stand.turn.flush();
  assert.ok(sink.calls[0]![0]!.buffer === staging.buffer);
  assert.equal(sink.taken.toString(), "abcd");
});

test("one range for many receivers is one view", () => {
  const stand = new Stand();
  const chunk = text("fan out");
  const sinks = Array.from({ length: 3 }, () => {
    const { wire, sink } = stand.wire();
    wire.write(chunk, 0, 7);
    return sink;
  });
  stand.turn.flush();
  assert.ok(sinks[1]!.calls[0]![0] === sinks[0]!.calls[0]![0]);
  assert.ok(sinks[2]!.calls[0]![0] === sinks[0]!.calls[0]![0]);
});

test("a view is used again for the same range of the same bytes alone", () => {
  const stand = new Stand();
  const one = stand.wire();
  const two = stand.wire();
  one.wire.write(text("first"), 0, 5);
  two.wire.write(text("other"), 0, 5);
  stand.turn.flush();
  one.wire.write(text("third"), 0, 5);
  stand.turn.flush();
  assert.equal(one.sink.taken.toString(), "firstthird");
  assert.equal(two.sink.taken.toString(), "other");
});

test("a large encoding that the kernel did not take is never written over, whatever stands around it", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  sink.isBlocked = true;
  const large = "L".repeat(30_000);
  encode(wire, large);
  wire.write(Buffer.alloc(40_000, "M"), 0, 40_000);
  stand.turn.flush();
  encode(stand.wire().wire, "x".repeat(40_000));
  stand.turn.flush();
  sink.unblock();
  assert.equal(sink.taken.toString(), large + "M".repeat(40_000));
});

test("what is encoded while a turn is flushed waits in its place for the next turn", () => {
  const stand = new Stand();
  const first = stand.wire();
  const second = stand.wire();
  first.sink.isBlocked = true;
  first.wire.write(Buffer.alloc(110_000), 0, 110_000);
  stand.onWritable = () => void encode(first.wire, "gathered in a flush");
  first.sink.unblock();
  write(first.wire, "!");
  stand.turn.flush();
  encode(second.wire, "overwrites overwrites");
  stand.turn.flush();
  assert.ok(first.sink.taken.toString("latin1").endsWith("!gathered in a flush"));
});

test("a large range is not copied, and leaves with the small ones before it ahead of the turn's end", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  const large = Buffer.alloc(80_000, 1);
  write(wire, "a");
  write(wire, "b");
  assert.equal(wire.write(large, 0, large.length), true, "what has left is not held against the peer");
  assert.equal(wire.bufferedBytes, 0);
  write(wire, "c");
  write(wire, "d");
  assert.equal(sink.calls.length, 1);
  const [before, whole] = sink.calls[0]!;
  assert.equal(Buffer.from(before!).toString(), "ab");
  assert.ok(whole!.buffer === large.buffer);
  stand.turn.flush();
  assert.equal(sink.calls.length, 2);
  assert.equal(Buffer.from(sink.calls[1]![0]!).toString(), "cd");
});

test("large ranges that wait for one call are not copied, the small ones between them are joined", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  sink.isBlocked = true;
  write(wire, "unsent");
  stand.turn.flush();
  const large = Buffer.alloc(20_000, 1);
  write(wire, "a");
  write(wire, "b");
  wire.write(large, 0, large.length);
  write(wire, "c");
  write(wire, "d");
  stand.turn.flush();
  const [before, whole, after] = sink.calls.at(-1)!;
  assert.equal(Buffer.from(before!).toString(), "ab");
  assert.ok(whole!.buffer === large.buffer);
  assert.equal(Buffer.from(after!).toString(), "cd");
});

test("bytes that the kernel did not take are never written over", () => {
  for (const ranges of [1, 3]) {
    const stand = new Stand();
    const slow = stand.wire();
    const fast = stand.wire();
    slow.sink.isBlocked = true;
    for (let i = 0; i < ranges; i++) {
      encode(slow.wire, `slow ${i} `);
      encode(fast.wire, `fast ${i} `);
    }
    stand.turn.flush();
    for (let round = 0; round < 3; round++) {
      encode(slow.wire, `later ${round} `);
      write(slow.wire, "! ");
      for (let i = 0; i < 5; i++) encode(fast.wire, "overwrites ");
      write(fast.wire, "joined ");
      stand.turn.flush();
    }
    slow.sink.unblock();
    const first = ["slow 0 ", "slow 1 ", "slow 2 "].slice(0, ranges).join("");
    assert.equal(slow.sink.taken.toString(), `${first}later 0 ! later 1 ! later 2 ! `);
  }
});

test("a sink that holds its bytes beyond the write gets memory of its own", () => {
  const stand = new Stand(true);
  const { wire, sink } = stand.wire();
  const chunk = Buffer.alloc(5, "chunk");
  wire.write(chunk, 0, 5);
  stand.turn.flush();
  assert.ok(sink.calls[0]![0]!.buffer !== chunk.buffer);
  const staging = wire.staging;
  encode(wire, "a");
  write(wire, "b");
  stand.turn.flush();
  assert.ok(sink.calls[1]![0]!.buffer !== staging.buffer);
  assert.ok(wire.staging === staging, "and the staging buffer stays");
  assert.equal(sink.taken.toString(), "chunkab");
});

test("more than the staging buffer can be encoded, in a turn and at once", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  let expected = "";
  for (let i = 0; i < 9; i++) {
    const value = String(i).repeat(10_000);
    expected += value;
    encode(wire, value);
  }
  stand.turn.flush();
  const whole = "x".repeat(90_000);
  encode(wire, whole);
  stand.turn.flush();
  assert.equal(sink.taken.toString(), expected + whole);
  assert.equal(wire.staging.length, 65_536, "the large buffer does not stay");
});

test("above the high-water mark write says no, and onWritable follows when the sink has drained", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  sink.isBlocked = true;
  const chunk = Buffer.alloc(60_000);
  assert.equal(wire.write(chunk, 0, chunk.length), true);
  assert.equal(wire.write(chunk, 0, chunk.length), false);
  assert.equal(wire.write(chunk, 0, 1), false);
  stand.turn.flush();
  wire.drained();
  assert.equal(stand.writables, 0);
  assert.equal(wire.bufferedBytes, 120_001);
  sink.unblock();
  wire.drained();
  assert.equal(stand.writables, 1);
  assert.equal(sink.taken.length, 120_001);
  wire.drained();
  assert.equal(stand.writables, 1);
});

test("a peer that takes everything is never full, however much one turn brings", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  const chunk = Buffer.alloc(50_000);
  for (let i = 0; i < 20; i++) assert.equal(wire.write(chunk, 0, chunk.length), true);
  stand.turn.flush();
  assert.equal(sink.taken.length, 1_000_000);
});

test("a slow consumer is cut off, and costs no more than the limit and one write", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  sink.isBlocked = true;
  const chunk = Buffer.alloc(10_000);
  let writes = 0;
  for (; stand.slow === 0 && writes < 100; writes++) wire.write(chunk, 0, chunk.length);
  assert.equal(stand.slow, 1);
  assert.equal(writes, 31);
  assert.equal(sink.isDestroyed, true);
  wire.write(chunk, 0, chunk.length);
  assert.equal(sink.writableLength, 310_000);
});

test("a connection may write, end and destroy from within onWritable; what it throws is reported", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  const fill = (): void => {
    sink.isBlocked = true;
    wire.write(Buffer.alloc(110_000), 0, 110_000);
    sink.unblock();
  };
  fill();
  stand.onWritable = () => void write(wire, "more");
  wire.drained();
  stand.turn.flush();
  assert.ok(sink.taken.toString("latin1").endsWith("more"));
  fill();
  stand.onWritable = () => {
    throw new Error("a defect");
  };
  wire.drained();
  assert.equal(stand.broken.length, 1);
  fill();
  stand.onWritable = () => wire.destroy();
  stand.turn.flush();
  assert.equal(sink.isDestroyed, true);
});

test("end sends what is gathered, at once, and nothing later", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  wire.pause();
  write(wire, "bye");
  wire.end();
  assert.equal(sink.taken.toString(), "bye");
  assert.equal(sink.isEnded, true);
  assert.equal(sink.isPaused, false, "the peer's end must be seen");
  write(wire, "too late");
  wire.end();
  stand.turn.flush();
  assert.equal(sink.taken.toString(), "bye");
  assert.equal(stand.ended, 1);
});

test("destroy drops what is gathered", () => {
  const stand = new Stand();
  const { wire, sink } = stand.wire();
  write(wire, "lost");
  wire.destroy();
  wire.destroy();
  stand.turn.flush();
  assert.equal(sink.calls.length, 0);
  assert.equal(sink.isDestroyed, true);
  assert.equal(wire.bufferedBytes, 0);
});

test("any sequence of writes on several wires arrives whole and in order, whatever the kernel takes", () => {
  const step = fc.record({
    wire: fc.integer({ min: 0, max: 2 }),
    kind: fc.constantFrom("chunk", "whole", "encode", "flush", "block", "unblock"),
    size: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 10_000, max: 70_000 })),
  });
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 60 }), (sinksKeepBytes, steps) => {
      const stand = new Stand(sinksKeepBytes);
      const ends = [stand.wire(), stand.wire(), stand.wire()];
      const expected: Buffer[][] = [[], [], []];
      const chunk = Buffer.alloc(70_000, 7);
      let stamp = 0;
      for (const { wire: index, kind, size } of steps) {
        const { wire, sink } = ends[index]!;
        if (kind === "flush") stand.turn.flush();
        else if (kind === "block") sink.isBlocked = true;
        else if (kind === "unblock") {
          sink.unblock();
          wire.drained();
        } else if (wire.isOpen) {
          const bytes = kind === "chunk" ? chunk.subarray(0, size) : Buffer.alloc(size, ++stamp);
          expected[index]!.push(Buffer.from(bytes));
          if (kind === "encode") {
            const at = wire.stage(size);
            wire.staging.set(bytes, at);
            wire.commit(at, at + size);
          } else wire.write(bytes, 0, size);
        }
      }
      stand.turn.flush();
      for (const [index, { wire, sink }] of ends.entries()) {
        sink.unblock();
        const whole = Buffer.concat(expected[index]!);
        // A slow consumer that was cut off has the beginning.
        const wanted = wire.isOpen ? whole : whole.subarray(0, sink.taken.length);
        assert.ok(wanted.equals(sink.taken));
      }
    }),
    { numRuns: 300 },
  );
});
