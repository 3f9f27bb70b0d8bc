// One message of somebody who holds no name: a session that shares the name with whoever holds it, takes nobody over, and
// ends with its one message. For what a device says before it may hold a session, and for those who never do.

import type { Device, Gateway, Principal, Session } from "./contract.ts";
import { Message } from "./message.ts";
import type { MessageProperties } from "./message.ts";
import { CloseReason, Refusal, Verdict } from "./verdict.ts";

export interface SinglePublication {
  /** Whose data it is; null = the principal itself. */
  readonly device: string | null;
  readonly via: readonly string[];
  readonly protocolVersion: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly properties: MessageProperties | null;
}

export class SinglePublish implements Device {
  readonly #settled = Promise.withResolvers<Verdict>();
  #session: Session | null = null;
  #isCancelled = false;

  /** QoS 1. The final verdict, never Pending; Denied where no session was to be had. */
  async run(gateway: Gateway, principal: Principal, publication: SinglePublication): Promise<Verdict> {
    const { device, via, protocolVersion, topic, payload, properties } = publication;
    const life = { exclusive: false, clean: true, expiryMs: 0, inflightMax: 1, will: null };
    const session = await gateway.openSession(principal, { device, via, protocolVersion, ...life }, this);
    if (session instanceof Refusal) return Verdict.Denied;
    if (this.#isCancelled) {
      session.close(CloseReason.ConnectionLost);
      return Verdict.Closed;
    }
    this.#session = session;
    const verdict = session.publish(Message.of(session.origin, topic, payload, 1, false, 0, properties), 0);
    const settled = verdict === Verdict.Pending ? await this.#settled.promise : verdict;
    session.close(CloseReason.Normal);
    return settled;
  }

  /** Its connection has gone. */
  cancel(): void {
    this.#isCancelled = true;
    this.#session?.close(CloseReason.ConnectionLost);
    this.#settled.resolve(Verdict.Closed);
  }

  deliver(): boolean {
    return true;
  }
  release(): void {}
  onSettled(_receipt: number, verdict: Verdict): void {
    this.#settled.resolve(verdict);
  }
  disconnect(): void {
    this.#settled.resolve(Verdict.Closed);
  }
}
Object.freeze(SinglePublish.prototype);
Object.freeze(SinglePublish);
