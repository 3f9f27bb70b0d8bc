// hot path
// What is on its way to one session: the window of unacknowledged deliveries and the queue behind it. Lives as long as
// the session, with or without a connection. Order is that of `offer`, always: nothing overtakes the queue.

import type { Clock } from "./clock.ts";
import { DeliveryFlag } from "./contract.ts";
import type { Device } from "./contract.ts";
import { Delivery } from "./delivery.ts";
import { Inflight, Stage } from "./inflight.ts";
import type { DropPolicy } from "./limits.ts";
import type { Message, QoS } from "./message.ts";
import { count } from "./meter.ts";
import type { ListenerMeter } from "./meter.ts";
import { Ring } from "./ring.ts";
import type { Receiver, Sharing, Subscription } from "./subscription.ts";
import { Outcome } from "./verdict.ts";

export interface QueueLimits {
  readonly queueMaxMessages: number;
  readonly queueMaxBytes: number;
  readonly queueDropPolicy: DropPolicy;
}

export class Outbox implements Receiver {
  readonly #clock: Clock;
  readonly #limits: QueueLimits;
  readonly #inflight = new Inflight();
  readonly #queue = new Ring<Delivery>();
  #meter: ListenerMeter;
  #queueBytes = 0;
  #device: Device | null = null;
  #isWritable = false;
  /** Deliveries wait while a subscription is being answered. */
  #holds = 0;
  #window = 1;
  /** True when the session outlives its connection: deliveries are then kept until they are acknowledged. */
  #keeps = false;
  #isClosed = false;
  /** Ids to send again, the next one last; null when there are none. */
  #owed: number[] | null = null;

  constructor(clock: Clock, limits: QueueLimits, meter: ListenerMeter) {
    this.#clock = clock;
    this.#limits = limits;
    this.#meter = meter;
  }

  /** Counts what concerns this session. */
  get meter(): ListenerMeter {
    return this.#meter;
  }
  get isAttached(): boolean {
    return this.#device !== null;
  }
  /** True when a message would go out at once. */
  get hasRoom(): boolean {
    return this.#isWritable && this.#queue.size === 0 && this.#inflight.size < this.#window;
  }
  get queuedMessages(): number {
    return this.#queue.size;
  }
  get queuedBytes(): number {
    return this.#queueBytes;
  }
  get inflightMessages(): number {
    return this.#inflight.size;
  }

  attach(device: Device, window: number, keeps: boolean, meter: ListenerMeter): void {
    this.#device = device;
    this.#window = window;
    this.#keeps = keeps;
    this.#meter = meter;
    this.#isWritable = false;
    this.#holds = 0;
  }

  /** The connection is gone; the outbox goes on collecting what the session is to keep. */
  detach(): void {
    this.#device = null;
    this.#isWritable = false;
    this.#holds = 0;
  }

  /**
   * After a reconnect: what was not acknowledged is owed again, in its order and ahead of everything else
   * [MQTT-4.4.0-1, MQTT-4.6.0-1]. It goes out with the first onWritable, within the window, which may have become smaller.
   */
  redeliver(): void {
    const owed = this.#inflight.inOrder();
    this.#owed = owed.length === 0 ? null : owed.toReversed();
  }

  /** A message for this session by one of its subscriptions. True when it was sent or queued, false when it was dropped. */
  offer(message: Message, by: Subscription): boolean {
    const granted = by.qos;
    const qos = message.qos < granted ? message.qos : granted;
    // [MQTT-3.3.1-12, MQTT-3.3.1-13] The retain flag survives towards established subscriptions only as published.
    const flags = message.retain && by.retainAsPublished ? DeliveryFlag.Retain : 0;
    if (this.#queue.size !== 0 || !this.#isWritable || this.#holds !== 0 || this.#owed !== null) {
      return this.#enqueue(message, qos, flags, by.identifiers, by.group);
    }
    const device = this.#device;
    if (device === null) return false;
    if (qos === 0) {
      this.#meter.messagesDelivered[0]++;
      if (!this.#give(device, 0, message, 0, flags, by.identifiers)) this.#isWritable = false;
      return true;
    }
    if (this.#inflight.size >= this.#window) return this.#enqueue(message, qos, flags, by.identifiers, by.group);
    const delivery =
      this.#keeps || by.group !== null ? new Delivery(message.detached(), qos, flags, by.identifiers, by.group) : null;
    const id = this.#inflight.begin(qos === 1 ? Stage.Sent : Stage.SentTwice, delivery);
    this.#meter.messagesDelivered[qos]++;
    if (!this.#give(device, id, message, qos, flags, by.identifiers)) this.#isWritable = false;
    return true;
  }

  /** A retained message for a new subscription. */
  offerRetained(message: Message, by: Subscription): void {
    const qos = message.qos < by.qos ? message.qos : by.qos;
    this.#enqueue(message, qos, DeliveryFlag.Retain, by.identifiers, null);
  }

  /** From here on until `unhold` everything is queued: the device's answer goes first. */
  hold(): void {
    this.#holds++;
  }
  unhold(): void {
    if (this.#holds === 0) return;
    this.#holds--;
    this.pump();
  }

  onWritable(): void {
    this.#isWritable = this.#device !== null;
    if (this.#owed !== null) this.#sendOwed(this.#owed);
    this.pump();
  }

  /** False when the id is not in flight, or not in the stage that the outcome ends. */
  onAcknowledged(id: number, outcome: Outcome): boolean {
    const inflight = this.#inflight;
    const stage = inflight.stageOf(id);
    if (stage === Stage.Free) return false;
    if (outcome === Outcome.Received) {
      if (stage === Stage.Sent) return false;
      inflight.release(id);
      this.#device?.release(id);
      return true;
    }
    if (outcome === Outcome.Completed && stage === Stage.SentTwice) return false;
    inflight.end(id);
    if (outcome === Outcome.Rejected) count(this.#meter.messagesDropped, "rejected_by_receiver");
    if (this.#owed !== null) this.#sendOwed(this.#owed);
    if (this.#queue.size !== 0) this.pump();
    return true;
  }

  /** Sends from the queue what the window and the device take. */
  pump(): void {
    const queue = this.#queue;
    while (this.#isWritable && this.#holds === 0 && this.#owed === null) {
      const device = this.#device;
      const next = queue.peek();
      if (device === null || next === undefined) return;
      if (next.qos > 0 && this.#inflight.size >= this.#window) return;
      queue.shift();
      const message = next.message;
      this.#queueBytes -= message.payloadBytes;
      if (message.expiresAt !== 0 && message.expiresAt <= this.#clock.now()) {
        count(this.#meter.messagesDropped, "expired");
        continue;
      }
      const keep = next.qos > 0 && (this.#keeps || next.group !== null) ? next : null;
      const id = next.qos === 0 ? 0 : this.#inflight.begin(next.qos === 1 ? Stage.Sent : Stage.SentTwice, keep);
      this.#meter.messagesDelivered[next.qos]++;
      if (!this.#send(device, id, next, next.flags)) this.#isWritable = false;
    }
  }

  /** The session is over. What members of share groups had not acknowledged goes to the others. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.detach();
    const orphans: Delivery[] = [];
    for (const id of this.#inflight.inOrder()) {
      const delivery = this.#inflight.deliveryOf(id);
      if (delivery?.group && this.#inflight.stageOf(id) !== Stage.Released) orphans.push(delivery);
    }
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (next.group !== null) orphans.push(next);
    }
    this.#inflight.clear();
    this.#owed = null;
    this.#queueBytes = 0;
    for (const orphan of orphans) {
      if (orphan.group?.offer(orphan.message) !== true) count(this.#meter.messagesDropped, "no_group_member");
    }
  }

  #sendOwed(owed: number[]): void {
    const inflight = this.#inflight;
    while (this.#isWritable && owed.length > 0 && inflight.size - owed.length < this.#window) {
      const device = this.#device;
      if (device === null) return;
      const id = owed.pop()!;
      const stage = inflight.stageOf(id);
      const delivery = inflight.deliveryOf(id);
      if (stage === Stage.Released) device.release(id);
      else if (stage === Stage.Free) continue;
      else if (delivery === null) inflight.end(id);
      else if (!this.#send(device, id, delivery, delivery.flags | DeliveryFlag.Redelivered)) this.#isWritable = false;
    }
    if (owed.length === 0) this.#owed = null;
  }

  #send(device: Device, id: number, delivery: Delivery, flags: number): boolean {
    return this.#give(device, id, delivery.message, delivery.qos, flags, delivery.identifiers);
  }

  /** A device must not throw. One that does loses its own message: the others on the route get theirs. */
  #give(
    device: Device,
    id: number,
    message: Message,
    qos: QoS,
    flags: number,
    identifiers: readonly number[] | null,
  ): boolean {
    try {
      return device.deliver(id, message, qos, flags, identifiers);
    } catch {
      count(this.#meter.messagesDropped, "device_failed");
      return true;
    }
  }

  #enqueue(
    message: Message,
    qos: QoS,
    flags: number,
    identifiers: readonly number[] | null,
    group: Sharing | null,
  ): boolean {
    // Nobody waits for QoS 0 while away.
    if (this.#isClosed || (this.#device === null && (qos === 0 || !this.#keeps))) {
      count(this.#meter.messagesDropped, "not_connected");
      return false;
    }
    const limits = this.#limits;
    const bytes = message.payloadBytes;
    while (this.#queue.size >= limits.queueMaxMessages || this.#queueBytes + bytes > limits.queueMaxBytes) {
      const oldest = limits.queueDropPolicy === "oldest" ? this.#queue.shift() : undefined;
      count(this.#meter.messagesDropped, "queue_full");
      if (oldest === undefined) return false;
      this.#queueBytes -= oldest.message.payloadBytes;
    }
    this.#queueBytes += bytes;
    this.#queue.push(new Delivery(message.detached(), qos, flags, identifiers, group));
    return true;
  }
}
