// A wire that keeps what is written, as bytes, and says that it is full when a test wants it to.

import type { Wire } from "../net/stream.ts";

export class FakeWire implements Wire {
  readonly staging: Uint8Array = new Uint8Array(1_048_576);
  isFull = false;
  isPaused = false;
  isEstablished = false;
  isEnded = false;
  isDestroyed = false;
  /** What was written since the last `take`, a piece a write. */
  written: Uint8Array[] = [];
  #staged = 0;

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.isEnded) this.written.push(new Uint8Array(bytes.subarray(start, end)));
    return !this.isFull;
  }
  stage(length: number): number {
    if (this.#staged + length > this.staging.length) this.#staged = 0;
    return this.#staged;
  }
  commit(at: number, end: number): boolean {
    this.#staged = end;
    return this.write(this.staging, at, end);
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
    this.isEnded = true;
  }
  destroy(): void {
    this.isEnded = true;
    this.isDestroyed = true;
  }
  get bufferedBytes(): number {
    return 0;
  }

  /** What was written since the last call, in hex. */
  take(): string {
    const all = Buffer.concat(this.written).toString("hex");
    this.written = [];
    return all;
  }
}
