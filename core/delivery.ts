// hot path
// A message on its way to one session.

import type { Message, QoS } from "./message.ts";
import type { Sharing } from "./subscription.ts";

/** A message that waits for its receiver, or that may have to be sent again. */
export class Delivery {
  readonly message: Message;
  readonly qos: QoS;
  readonly flags: number;
  readonly identifiers: readonly number[] | null;
  /** The share group to give it back to when the session ends without having acknowledged it. */
  readonly group: Sharing | null;
  constructor(message: Message, qos: QoS, flags: number, identifiers: readonly number[] | null, group: Sharing | null) {
    this.message = message;
    this.qos = qos;
    this.flags = flags;
    this.identifiers = identifiers;
    this.group = group;
  }
}
