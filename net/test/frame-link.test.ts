// A toy protocol on the link: a byte of length, then so many bytes. Length 0 is a bad frame, 0xff is no frame at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../conformance/fake-clock.ts";
import { SilentLog } from "../../conformance/silent-log.ts";
import { CloseReason, ListenerMeter } from "../../core/index.ts";
import { FrameLink } from "../frame-link.ts";
import type { FrameDecoder, FrameHost } from "../frame-link.ts";
import type { Wire } from "../stream.ts";

class ToyFrame {
  readonly bytes: Uint8Array;
  constructor(...bytes: number[]) {
    this.bytes = Uint8Array.from(bytes);
  }
}

class ToyFault {
  readonly code: string;
  readonly resumable: boolean;
  constructor(code: string, resumable: boolean) {
    this.code = code;
    this.resumable = resumable;
  }
}

class ToyDecoder implements FrameDecoder<ToyFrame> {
  skipped = 0;
  #bytes: number[] = [];
  push(chunk: Uint8Array): void {
    this.#bytes.push(...chunk);
  }
  get pendingBytes(): number {
    return this.#bytes.length;
  }
  next(): ToyFrame | ToyFault | null {
    for (; this.#bytes[0] === 0xff; this.skipped++) this.#bytes.shift();
    const [length] = this.#bytes;
    if (length === undefined || this.#bytes.length <= length) return null;
    const [, ...body] = this.#bytes.splice(0, length + 1);
    return length === 0 ? new ToyFault("TOY_EMPTY", true) : new ToyFrame(...body);
  }
  abandon(): ToyFault | null {
    if (this.#bytes.length === 0) return null;
    this.#bytes.shift();
    this.skipped++;
    return new ToyFault("TOY_INCOMPLETE", true);
  }
}

class FakeWire implements Wire {
  readonly staging = new Uint8Array(64);
  readonly bufferedBytes = 0;
  sent: number[] = [];
  isPaused = false;
  ended = 0;
  isEstablished = false;
  write(): boolean {
    return true;
  }
  stage(): number {
    return 8;
  }
  commit(at: number, end: number): boolean {
    this.sent.push(...this.staging.subarray(at, end));
    return true;
  }
  established(): void {
    this.isEstablished = true;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  end(): void {
    this.ended++;
  }
  destroy(): void {}
}

const peer = {
  address: "127.0.0.1",
  port: 1,
  proxy: null,
  listener: "toy",
  secure: false,
  certificate: null,
  serverName: null,
};

function bench() {
  const clock = new FakeClock();
  const wire = new FakeWire();
  const meter = new ListenerMeter("toy", "toy");
  const frames: number[][] = [];
  const closings: CloseReason[] = [];
  const host: FrameHost<ToyFrame> = {
    onFrame: ({ bytes }) => void frames.push([...bytes]),
    onWritable: () => undefined,
    onClosing: (reason) => void closings.push(reason),
  };
  const encoder = {
    sizeOf: ({ bytes }: ToyFrame) => bytes.length + 1,
    write({ bytes }: ToyFrame, target: Uint8Array, at: number): number {
      target[at] = bytes.length;
      target.set(bytes, at + 1);
      return at + 1 + bytes.length;
    },
  };
  const settings = {
    clock,
    log: new SilentLog(),
    meter,
    idleTimeoutMs: 60_000,
    restTimeoutMs: 10_000,
    badFramesMax: 3,
    junkMaxBytes: 4,
    badFramesCode: "TOY_BAD_FRAMES",
    junkCode: "TOY_JUNK",
  };
  const link = new FrameLink<ToyFrame>(settings, wire, peer, new ToyDecoder(), encoder, ToyFault, () => host);
  const faults = (): Record<string, number> => Object.fromEntries(meter.protocolErrors);
  return {
    clock,
    wire,
    host,
    link,
    frames,
    closings,
    faults,
    feed: (...bytes: number[]) => link.onBytes(Uint8Array.from(bytes)),
  };
}

test("frames come at any cut, and go out encoded", () => {
  const { wire, link, frames, feed } = bench();
  feed(2, 1);
  assert.equal(wire.isEstablished, false);
  feed(2, 1, 3, 1);
  assert.ok(wire.isEstablished);
  assert.deepEqual(frames, [[1, 2], [3]]);
  assert.equal(link.send(new ToyFrame(7, 8)), true);
  assert.deepEqual(wire.sent, [2, 7, 8]);
  link.close(CloseReason.Normal);
});

test("held by two: nothing is read until both have let go, also when they hold from within a frame", () => {
  const { wire, host, link, frames, feed } = bench();
  host.onFrame = (frame) => {
    frames.push([...frame.bytes]);
    if (frame.bytes[0] === 1) link.hold();
  };
  link.hold();
  feed(1, 1, 1, 2);
  assert.deepEqual([frames, wire.isPaused], [[], true]);
  link.release();
  assert.deepEqual([frames, wire.isPaused], [[[1]], true]);
  link.hold();
  link.release();
  assert.deepEqual(frames, [[1]]);
  link.release();
  assert.deepEqual([frames, wire.isPaused], [[[1], [2]], false]);
  link.close(CloseReason.Normal);
});

test("bad frames in a row end the link; a good one between them does not let them add up", () => {
  const { wire, closings, faults, feed, clock } = bench();
  feed(0, 0, 1, 1, 0, 0, 1, 1);
  assert.deepEqual(closings, []);
  feed(0, 0, 0, 1, 1);
  assert.deepEqual(closings, [CloseReason.Protocol]);
  assert.deepEqual(faults(), { TOY_EMPTY: 7, TOY_BAD_FRAMES: 1 });
  assert.deepEqual([wire.ended, clock.armed], [1, 0]);
});

test("too much that is no frame ends the link", () => {
  const { closings, faults, feed } = bench();
  feed(0xff, 0xff, 1, 1, 0xff, 0xff, 0xff, 0xff, 1, 1);
  assert.deepEqual(closings, []);
  feed(0xff, 0xff, 0xff, 0xff, 0xff);
  assert.deepEqual([closings, faults()], [[CloseReason.Protocol], { TOY_JUNK: 1 }]);
});

test("a frame whose rest does not come is given up, and what was inside of it is found", () => {
  const { clock, frames, faults, feed, link } = bench();
  feed(9, 1, 5);
  clock.advance(5_000);
  feed(1, 6);
  clock.advance(4_999);
  assert.deepEqual(frames, []);
  clock.advance(1);
  assert.deepEqual([frames, faults()], [[[5], [6]], { TOY_INCOMPLETE: 1 }]);
  clock.advance(30_000);
  assert.deepEqual(faults(), { TOY_INCOMPLETE: 1 });
  link.close(CloseReason.Normal);
});

test("each frame has its own time: one that began later is not given up with the time of an earlier one", () => {
  const { clock, frames, faults, feed, link } = bench();
  feed(2, 1);
  clock.advance(9_000);
  feed(1, 2, 4);
  clock.advance(9_000);
  assert.deepEqual([frames, faults()], [[[1, 1]], {}]);
  feed(4);
  assert.deepEqual(frames, [
    [1, 1],
    [4, 4],
  ]);
  link.close(CloseReason.Normal);
  assert.equal(clock.armed, 0);
});

test("while it is held, no frame is given up", () => {
  const { clock, frames, faults, feed, link } = bench();
  feed(3, 1);
  link.hold();
  feed(1, 1);
  clock.advance(50_000);
  assert.deepEqual([frames, faults()], [[], {}]);
  link.release();
  assert.deepEqual(frames, [[1, 1, 1]]);
  link.close(CloseReason.Normal);
});

test("silence ends the link, a byte keeps it", () => {
  const { clock, closings, feed } = bench();
  clock.advance(59_000);
  feed(1, 1);
  clock.advance(59_999);
  assert.deepEqual(closings, []);
  clock.advance(1);
  assert.deepEqual(closings, [CloseReason.KeepAlive]);
});

test("closed is closed: by the peer, by a stop, by the host; once", () => {
  for (const [end, reason] of [
    ["onClosed", CloseReason.ConnectionLost],
    ["onStopping", CloseReason.Stopping],
  ] as const) {
    const { clock, wire, link, closings, frames, feed } = bench();
    link[end]();
    link.close(CloseReason.Kicked);
    feed(1, 1);
    assert.equal(link.send(new ToyFrame(1)), true);
    assert.deepEqual([closings, frames, wire.sent, wire.ended, clock.armed], [[reason], [], [], 1, 0]);
    assert.equal(link.isOpen, false);
  }
});
