// Hostile input against a stream adapter's connections with a real core behind them and no socket below: what a listener
// would hand up, a million times over.

import assert from "node:assert/strict";
import { StreamEnd, type StreamAcceptor, type StreamConnection, type Wire } from "../../net/stream.ts";
import { memoryInUse } from "../memory.ts";
import type { Random } from "../random.ts";
import { hexOf, InputMaker, inputCount, type Mend } from "./input-maker.ts";
import { PEER, type Scene } from "./scene.ts";

export interface ConnectionTarget {
  readonly scene: Scene;
  readonly acceptor: StreamAcceptor;
  /** Sessions as they should be: the inputs are made of these and of `frames`. */
  readonly sessions: readonly Uint8Array[];
  readonly frames: readonly Uint8Array[];
  readonly mend?: Mend;
}

export interface ConnectionAttack {
  readonly inputs: number;
  readonly truncations: number;
  readonly connections: number;
  /** Connections that the adapter ended itself. */
  readonly refused: number;
  /** Messages that came through. */
  readonly published: number;
  readonly grownBytes: number;
}

const INPUTS = 1_000_000;
const WARM_UP = 20_000;
/** Connections that are open at once; a turn of the event loop for each round over them. */
const OPEN = 100;
/** Inputs to one connection at most; then its peer goes away. */
const INPUTS_PER_CONNECTION = 40;
/** Turns that a connection may go without reading on, while everything that it waits for has happened. */
const PAUSED_TURNS_MAX = 200;
const GROWTH_MAX_BYTES = 16 * 1_048_576;
/** What a connection may leave unsent here: nobody reads, so an adapter that never says stop is found out. */
const OUTPUT_MAX_BYTES = 4 * 1_048_576;
const STAGING_BYTES = 65_536;

/** A wire that swallows everything and is full now and then. */
class Sinkhole implements Wire {
  staging: Uint8Array = new Uint8Array(0);
  bufferedBytes = 0;
  ended = false;
  paused = false;
  readonly #staging: Uint8Array;

  constructor(staging: Uint8Array) {
    this.#staging = staging;
  }
  write(bytes: Uint8Array, start: number, end: number): boolean {
    assert.ok(start >= 0 && start <= end && end <= bytes.length, `a range of ${start}…${end} of ${bytes.length}`);
    return this.#swallow(end - start);
  }
  stage(length: number): number {
    this.staging = length > this.#staging.length ? new Uint8Array(length) : this.#staging;
    return 0;
  }
  commit(at: number, end: number): boolean {
    assert.ok(at >= 0 && at <= end && end <= this.staging.length);
    return this.#swallow(end - at);
  }
  established(): void {}
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.ended = true;
  }
  #swallow(bytes: number): boolean {
    this.bufferedBytes += bytes;
    assert.ok(this.bufferedBytes < OUTPUT_MAX_BYTES, "output without bound");
    return this.bufferedBytes < STAGING_BYTES;
  }
}

class Attacker {
  readonly wire: Sinkhole;
  readonly connection: StreamConnection;
  inputs = 0;
  #pausedTurns = 0;
  /** What it sent, to tell when it broke something. */
  readonly sent: Uint8Array[] = [];
  constructor(target: ConnectionTarget, staging: Uint8Array) {
    this.wire = new Sinkhole(staging);
    this.connection = target.acceptor.accept(this.wire, PEER);
  }
  /** False when the connection reads nothing now. */
  send(input: Uint8Array): boolean {
    if (this.wire.ended) return false;
    if (this.wire.paused) {
      if (++this.#pausedTurns > PAUSED_TURNS_MAX) throw new Error("stuck: it reads no further");
      return false;
    }
    this.#pausedTurns = 0;
    this.sent.push(input);
    this.inputs++;
    this.connection.onBytes(input);
    return true;
  }
  /** The end of a turn: what was written has gone. */
  drain(): void {
    if (this.wire.bufferedBytes < STAGING_BYTES) return;
    this.wire.bufferedBytes = 0;
    if (!this.wire.ended) this.connection.onWritable();
  }
  close(): void {
    this.connection.onClosed(this.wire.ended ? StreamEnd.Local : StreamEnd.Peer);
  }
}

export async function attackConnections(target: ConnectionTarget, random: Random): Promise<ConnectionAttack> {
  const staging = new Uint8Array(STAGING_BYTES);
  const inputs = inputCount(INPUTS);
  const maker = new InputMaker(random, [...target.sessions, ...target.frames], target.mend);
  const truncations = await truncate(target, staging);
  const tally = { connections: 0, refused: 0 };
  await attack(target, maker, random, Math.min(WARM_UP, inputs), staging, tally);
  const before = await memoryInUse();
  await attack(target, maker, random, inputs, staging, tally);
  target.scene.expire();
  const grownBytes = (await memoryInUse()) - before;
  assert.ok(grownBytes < GROWTH_MAX_BYTES, `${grownBytes} bytes more are in use after ${inputs} inputs`);
  const published = target.scene.core
    .gateway("probe")
    .meter(PEER.listener)
    .messagesReceived.reduce((a, b) => a + b);
  target.scene.assertEmpty();
  assert.ok(tally.refused > 0 && published > 0, "the inputs prove nothing");
  return { inputs, truncations, ...tally, published, grownBytes };
}

async function attack(
  target: ConnectionTarget,
  maker: InputMaker,
  random: Random,
  inputs: number,
  staging: Uint8Array,
  tally: { connections: number; refused: number },
): Promise<void> {
  const open: Attacker[] = [];
  for (let done = 0; done < inputs;) {
    for (let slot = 0; slot < OPEN; slot++) {
      let attacker = open[slot];
      if (attacker === undefined || attacker.wire.ended || attacker.inputs >= INPUTS_PER_CONNECTION) {
        if (attacker?.wire.ended === true) tally.refused++;
        attacker?.close();
        attacker = new Attacker(target, staging);
        open[slot] = attacker;
        tally.connections++;
        // Most begin as they should, and go wrong later.
        if (!random.oneIn(4)) attempt(attacker, random.pick(target.sessions));
      } else if (attempt(attacker, maker.next())) done++;
      attacker.drain();
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  for (const attacker of open) attacker.close();
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Every session and frame, ended at every byte. */
async function truncate(target: ConnectionTarget, staging: Uint8Array): Promise<number> {
  let count = 0;
  const whole = [...target.sessions, ...target.frames];
  for (const seed of whole) {
    for (let end = 0; end <= seed.length; end++, count++) {
      const attacker = new Attacker(target, staging);
      if (target.frames.includes(seed)) attempt(attacker, target.sessions[0]!);
      attempt(attacker, seed.subarray(0, end));
      // Some go before they are let in, some after.
      if (count % 2 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      attacker.close();
    }
  }
  await new Promise<void>((resolve) => setImmediate(resolve));
  return count;
}

function attempt(attacker: Attacker, input: Uint8Array): boolean {
  try {
    return attacker.send(input);
  } catch (error) {
    throw new Error(`after ${attacker.sent.map(hexOf).join(" ")}`, { cause: error });
  }
}
