// Inputs grown from recorded ones by what they reach: an input that runs code that none before it ran is kept and changed
// further. The engine's own block coverage is the guide, so nothing is instrumented and nothing has to be installed.

import assert from "node:assert/strict";
import { Session } from "node:inspector";
import type { Random } from "../random.ts";

/** Inputs that are run between two looks at the coverage, which cost far more than an input. */
const BATCH = 100;
const CORPUS_MAX = 4_000;

export interface Guided<Input> {
  /** URL that the scripts begin with whose blocks count. */
  readonly sources: string;
  /** Where to begin; what reaches further is added. */
  readonly corpus: Input[];
  readonly runs: number;
  readonly random: Random;
  mutated(random: Random, corpus: readonly Input[]): Input;
  /** Throws when the input does what none may. */
  exercise(input: Input): void;
}

export interface Reach {
  /** Blocks that the recorded inputs reach, and those that all inputs kept in the end reach. */
  readonly recordedBlocks: number;
  readonly blocks: number;
  readonly kept: number;
}

export function explore<Input>(guided: Guided<Input>): Reach {
  const { corpus, runs, random } = guided;
  const coverage = new Coverage(guided.sources);
  coverage.start();
  try {
    for (const input of corpus) guided.exercise(input);
    coverage.take(true);
    const recorded = corpus.length;
    const recordedBlocks = coverage.size;
    for (let run = 0; run < runs; run += BATCH) {
      const batch = Array.from({ length: BATCH }, () => guided.mutated(random, corpus));
      for (const input of batch) guided.exercise(input);
      if (coverage.take(false) === 0) continue;
      // One of them did it: each for itself.
      for (const input of batch) {
        guided.exercise(input);
        if (coverage.take(true) > 0 && corpus.length < CORPUS_MAX) corpus.push(input);
      }
    }
    return { recordedBlocks, blocks: coverage.size, kept: corpus.length - recorded };
  } finally {
    coverage.stop();
  }
}

/** The blocks of these sources that have run, as the engine counts them. */
class Coverage {
  readonly #sources: string;
  readonly #session = new Session();
  readonly #blocks = new Set<string>();

  constructor(sources: string) {
    this.#sources = sources;
  }

  start(): void {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  stop(): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  get size(): number {
    return this.#blocks.size;
  }

  /** How many blocks ran since the last call that had never run before; with `keep` they are not new any more. */
  take(keep: boolean): number {
    let fresh = 0;
    this.#session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      assert.equal(error, null);
      for (const script of result) {
        if (!script.url.startsWith(this.#sources)) continue;
        for (const { ranges } of script.functions) {
          for (const { startOffset, endOffset, count } of ranges) {
            const block = `${script.scriptId}:${startOffset}-${endOffset}`;
            if (count === 0 || this.#blocks.has(block)) continue;
            fresh++;
            if (keep) this.#blocks.add(block);
          }
        }
      }
    });
    return fresh;
  }
}
