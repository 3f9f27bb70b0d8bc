// hot path
// The frames of one device, worked off in order: while a step that takes time (an authentication, the opening of a
// session) is under way, or too many verdicts are still to come, they wait; and when too many wait, the link is held.

/** Whoever works the frames off. Must not throw. */
export interface FrameWorker<Frame> {
  work(frame: Frame): void;
  /** True while no frame can be worked off for another reason than a step: asked again at each `resume`. */
  readonly isSaturated: boolean;
  /** True: too many wait, read no more; false: read on. */
  onCrowded(isCrowded: boolean): void;
}

export class FrameQueue<Frame extends { detached(): Frame }> {
  readonly #worker: FrameWorker<Frame>;
  readonly #framesMax: number;
  #frames: Frame[];
  /** Steps under way: one may begin another. */
  #steps: number;
  #isHolding: boolean;
  #isDraining: boolean;
  #isClosed: boolean;

  /** @param framesMax frames that wait before the link is held */
  constructor(worker: FrameWorker<Frame>, framesMax: number) {
    this.#worker = worker;
    this.#framesMax = framesMax;
    this.#frames = [];
    this.#steps = 0;
    this.#isHolding = false;
    this.#isDraining = false;
    this.#isClosed = false;
  }

  /** No frame waits, and no step is under way. */
  get isIdle(): boolean {
    return this.#frames.length === 0 && this.#steps === 0;
  }

  get #mustWait(): boolean {
    return this.#steps > 0 || this.#worker.isSaturated;
  }

  /** A frame that has come; its bytes are the decoder's, who waits gets a copy. */
  offer(frame: Frame): void {
    if (this.#isClosed) return;
    if (this.#mustWait || this.#isDraining || this.#frames.length > 0) {
      this.#frames.push(frame.detached());
      this.#updateHold();
    } else {
      this.#worker.work(frame);
    }
  }

  /** One step that takes its time; what comes meanwhile waits. It must not reject. */
  step(step: Promise<void>): void {
    this.#steps++;
    void step.then(() => {
      this.#steps--;
      this.resume();
    });
  }

  /** Goes on, when it can. Safe from within a step, a frame and a verdict: the core may settle in the middle of a publish. */
  resume(): void {
    if (this.#isDraining || this.#isClosed) return;
    this.#isDraining = true;
    while (!this.#isClosed && !this.#mustWait) {
      const frame = this.#frames.shift();
      if (frame === undefined) break;
      this.#worker.work(frame);
    }
    this.#isDraining = false;
    this.#updateHold();
  }

  /** Nothing is worked off any more. */
  close(): void {
    this.#isClosed = true;
    this.#frames = [];
    this.#updateHold();
  }

  #updateHold(): void {
    const isHolding = !this.#isClosed && this.#frames.length >= this.#framesMax;
    if (isHolding === this.#isHolding) return;
    this.#isHolding = isHolding;
    this.#worker.onCrowded(isHolding);
  }
}
