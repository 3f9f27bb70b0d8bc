// Acknowledgements that wait for a verdict, in the order of their messages. Exists only while there are any: a verdict
// that comes at once is answered at once.

import { type QoS, Verdict } from "../../core/index.ts";

export interface Answer {
  readonly id: number;
  readonly qos: QoS;
  verdict: Verdict;
  /** Reason code that is told instead of the verdict's; 0 = the verdict's. */
  readonly reason: number;
}

/** Bounded by its owner: a client may have no more under way than the receive maximum, or is not read from. */
export class PendingAnswers {
  readonly #answers: Answer[] = [];
  #head = 0;

  get size(): number {
    return this.#answers.length - this.#head;
  }

  /** QoS 1 messages among them. */
  get qos1(): number {
    let found = 0;
    for (let i = this.#head; i < this.#answers.length; i++) if (this.#answers[i]!.qos === 1) found++;
    return found;
  }

  add(id: number, qos: QoS, verdict: Verdict, reason: number): void {
    this.#answers.push({ id, qos, verdict, reason });
  }

  /**
   * The verdict on the oldest message with that identifier that has none; at QoS 2 on all of them, which are one message
   * repeated. False when there is none.
   */
  settle(id: number, verdict: Verdict): boolean {
    let found = false;
    for (let i = this.#head; i < this.#answers.length; i++) {
      const answer = this.#answers[i]!;
      if (answer.id !== id || answer.verdict !== Verdict.Pending) continue;
      answer.verdict = verdict;
      found = true;
      if (answer.qos === 1) break;
    }
    return found;
  }

  /** The next answer that may be given, or null while its verdict is out. */
  take(): Answer | null {
    const next = this.#answers[this.#head];
    if (next === undefined || next.verdict === Verdict.Pending) return null;
    this.#head++;
    if (this.#head === this.#answers.length) {
      this.#answers.length = 0;
      this.#head = 0;
    }
    return next;
  }
}
