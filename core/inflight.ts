// hot path
// Deliveries of QoS 1 and 2 that the device has not acknowledged, by delivery id. Slots in typed arrays, found by the
// id's low bits: no Map, and nothing allocated before the first such delivery.

import type { Delivery } from "./delivery.ts";

/** How far a delivery has come. */
export const Stage = {
  Free: 0,
  /** QoS 1: sent, not acknowledged. */
  Sent: 1,
  /** QoS 2: sent, not received. */
  SentTwice: 2,
  /** QoS 2: received and released; waiting for the end. */
  Released: 3,
} as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

const FIRST_SLOTS = 16;
const ID_MAX = 65_535;

export class Inflight {
  #stages: Uint8Array<ArrayBuffer> | null = null;
  #ids: Uint16Array<ArrayBuffer> | null = null;
  /** Only where a delivery must outlive the connection: what to send again. */
  #deliveries: (Delivery | null)[] | null = null;
  #orders: Float64Array<ArrayBuffer> | null = null;
  #lastId = 0;
  #order = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** A free id, 1…65,535, now in `stage`. `delivery` is kept for redelivery where it is not null. The window must be below 65,535. */
  begin(stage: Stage, delivery: Delivery | null): number {
    let stages = this.#stages;
    // A quarter of the slots stays free: ids that run ahead soon meet a free one.
    if (stages === null || this.#size * 4 >= stages.length * 3) stages = this.#grow();
    const mask = stages.length - 1;
    let id = this.#lastId;
    do id = id === ID_MAX ? 1 : id + 1;
    while (stages[id & mask] !== Stage.Free);
    this.#lastId = id;
    const slot = id & mask;
    stages[slot] = stage;
    this.#ids![slot] = id;
    this.#size++;
    if (delivery !== null) this.#keep(slot, delivery);
    return id;
  }

  /** The `Stage` of an id. */
  stageOf(id: number): number {
    const stages = this.#stages;
    if (stages === null) return Stage.Free;
    const slot = id & (stages.length - 1);
    return this.#ids![slot] === id ? stages[slot]! : Stage.Free;
  }

  /** QoS 2: the message is the device's; only the release is still owed. */
  release(id: number): void {
    const slot = id & (this.#stages!.length - 1);
    this.#stages![slot] = Stage.Released;
  }

  end(id: number): void {
    const slot = id & (this.#stages!.length - 1);
    this.#stages![slot] = Stage.Free;
    if (this.#deliveries !== null) this.#deliveries[slot] = null;
    this.#size--;
  }

  /** What was kept with the id, or null. */
  deliveryOf(id: number): Delivery | null {
    return this.#deliveries?.[id & (this.#stages!.length - 1)] ?? null;
  }

  /** Ids in the order in which they were begun. Cold: for a reconnect. */
  inOrder(): number[] {
    const ids: number[] = [];
    const stages = this.#stages;
    if (stages === null) return ids;
    for (let slot = 0; slot < stages.length; slot++) if (stages[slot] !== Stage.Free) ids.push(this.#ids![slot]!);
    const orders = this.#orders;
    const mask = stages.length - 1;
    return orders === null ? ids : ids.toSorted((a, b) => orders[a & mask]! - orders[b & mask]!);
  }

  clear(): void {
    this.#stages = null;
    this.#ids = null;
    this.#deliveries = null;
    this.#orders = null;
    this.#size = 0;
  }

  #keep(slot: number, delivery: Delivery): void {
    const slots = this.#stages!.length;
    this.#deliveries ??= Array.from({ length: slots }, () => null);
    this.#orders ??= new Float64Array(slots);
    this.#deliveries[slot] = delivery;
    this.#orders[slot] = ++this.#order;
  }

  #grow(): Uint8Array<ArrayBuffer> {
    const oldStages = this.#stages;
    const oldIds = this.#ids;
    const oldDeliveries = this.#deliveries;
    const oldOrders = this.#orders;
    const slots = oldStages === null ? FIRST_SLOTS : oldStages.length * 2;
    const stages = new Uint8Array(slots);
    const ids = new Uint16Array(slots);
    this.#stages = stages;
    this.#ids = ids;
    this.#deliveries = oldDeliveries === null ? null : Array.from({ length: slots }, () => null);
    this.#orders = oldOrders === null ? null : new Float64Array(slots);
    if (oldStages === null || oldIds === null) return stages;
    // Doubling sends each old slot to one of two new ones: what did not collide before does not now.
    for (let old = 0; old < oldStages.length; old++) {
      if (oldStages[old] === Stage.Free) continue;
      const slot = oldIds[old]! & (slots - 1);
      stages[slot] = oldStages[old]!;
      ids[slot] = oldIds[old]!;
      if (this.#deliveries !== null) this.#deliveries[slot] = oldDeliveries![old]!;
      if (this.#orders !== null) this.#orders[slot] = oldOrders![old]!;
    }
    return stages;
  }
}
