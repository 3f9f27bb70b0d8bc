// Hostile input against a listener over real sockets: what the kernel, net, the adapter and the core make of it together.
// Every connection must end when its peer ends it, and a well-behaved client must be served between the batches.

import assert from "node:assert/strict";
import type { Adapter } from "../../core/index.ts";
import type { Address } from "../adapter-kit/driver.ts";
import { turns } from "../adapter-kit/stage.ts";
import { TcpClient } from "../adapter-kit/tcp-client.ts";
import { memoryInUse } from "../memory.ts";
import { within } from "../patience.ts";
import type { Random } from "../random.ts";
import { hexOf, InputMaker, inputCount, type Mend } from "./input-maker.ts";
import type { Scene } from "./scene.ts";

export interface ListenerTarget {
  readonly scene: Scene;
  readonly adapter: Adapter;
  readonly sessions: readonly Uint8Array[];
  readonly frames: readonly Uint8Array[];
  readonly mend?: Mend;
  /** Sent ahead of everything, unless it is itself what is damaged. */
  readonly preamble?: Uint8Array;
  /** A well-behaved client comes, is served, and goes. */
  serve(at: Address, n: number): Promise<void>;
}

export interface ListenerAttack {
  readonly inputs: number;
  readonly truncations: number;
  readonly connections: number;
  readonly refused: number;
  readonly grownBytes: number;
}

const INPUTS = 20_000;
const WARM_UP = 1_000;
const INPUTS_PER_CONNECTION = 40;
const PARALLEL = 8;
/** Turns until an input has been read, and its answer too: what follows it must not go to a closed connection. */
const TURNS_PER_INPUT = 4;
/** Inputs between two visits of the well-behaved client. */
const BATCH = 1_000;
/** Of long seeds, every so many-th truncation is tried here; codecs and connections see all of them. */
const TRUNCATIONS_PER_SEED = 64;
const GROWTH_MAX_BYTES = 24 * 1_048_576;

interface Tally {
  connections: number;
  refused: number;
  inputs: number;
}

export async function attackListener(target: ListenerTarget, random: Random): Promise<ListenerAttack> {
  await target.adapter.start();
  const { host, port } = target.adapter.listeners[0]!;
  const at: Address = { host, port };
  const maker = new InputMaker(random, [...target.sessions, ...target.frames], target.mend);
  const tally: Tally = { connections: 0, refused: 0, inputs: 0 };
  const truncations = await truncate(target, at);
  await attack(target, at, maker, random, WARM_UP, tally);
  const before = await memoryInUse();
  const wanted = tally.inputs + inputCount(INPUTS);
  for (let visit = 0; tally.inputs < wanted; visit++) {
    await attack(target, at, maker, random, Math.min(BATCH, wanted - tally.inputs), tally);
    await target.serve(at, visit);
    target.scene.clock.advance(1_000);
  }
  const grownBytes = (await memoryInUse()) - before;
  assert.ok(grownBytes < GROWTH_MAX_BYTES, `${grownBytes} bytes more are in use`);
  assert.ok(tally.refused > 0, "nothing was refused");
  await target.adapter.stop(AbortSignal.timeout(5_000));
  target.scene.expire();
  target.scene.assertEmpty();
  return { truncations, ...tally, grownBytes };
}

async function attack(
  target: ListenerTarget,
  at: Address,
  maker: InputMaker,
  random: Random,
  inputs: number,
  tally: Tally,
): Promise<void> {
  let left = inputs;
  const one = async (): Promise<void> => {
    while (left > 0) {
      const sent: Uint8Array[] = [];
      const socket = await TcpClient.open(at);
      tally.connections++;
      const send = (bytes: Uint8Array): void => {
        sent.push(bytes);
        socket.write(bytes);
      };
      if (target.preamble !== undefined && !random.oneIn(4)) send(target.preamble);
      if (!random.oneIn(4)) send(random.pick(target.sessions));
      for (let n = 0; n < INPUTS_PER_CONNECTION && left > 0 && !socket.isClosed; n++, left--, tally.inputs++) {
        send(maker.next());
        await turns(TURNS_PER_INPUT);
      }
      if (socket.isClosed) tally.refused++;
      await leave(socket, sent);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, one));
}

async function truncate(target: ListenerTarget, at: Address): Promise<number> {
  const cuts: Uint8Array[] = [];
  for (const seed of [...target.sessions, ...target.frames]) {
    const step = Math.max(1, Math.floor(seed.length / TRUNCATIONS_PER_SEED));
    for (let end = 0; end <= seed.length; end += step) cuts.push(seed.subarray(0, end));
  }
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < cuts.length) {
      const sent = [target.preamble ?? new Uint8Array(0), cuts[next++]!];
      const socket = await TcpClient.open(at);
      for (const bytes of sent) socket.write(bytes);
      await leave(socket, sent);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, one));
  return cuts.length;
}

/** Closes its side; the gateway must close the other. */
async function leave(socket: TcpClient, sent: readonly Uint8Array[]): Promise<void> {
  socket.end();
  try {
    await within(socket.closed, "the end of a connection whose peer has gone");
  } catch (error) {
    socket.destroy();
    throw new Error(`stuck after ${sent.map(hexOf).join(" ")}`, { cause: error });
  }
}
