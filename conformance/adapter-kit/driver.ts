// What an adapter's author writes for the contract suite: a device of that protocol, seen from the test's side. The kit
// says what happens and when; the driver only knows the words. One shape for raw streams and for hosted protocols.

import type { AdapterModule, EdgeLimits, QoS } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import type { Sending } from "./fake-session.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Who {
  readonly client: string;
  readonly user: string | null;
  readonly password: string | null;
}

export interface Publishing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
}

/** What the adapter told the device: it has the message; it has not, and why; or this kind of message is not answered. */
export type Answer = "taken" | "refused" | "unanswered";

/** One connected device. Every promise rejects when the connection ends before it is answered. */
export interface DeviceClient {
  publish(publishing: Publishing): Promise<Answer>;
  subscribe(filter: string): Promise<Answer>;
  /** The number of the next delivery that came, and that `driver.delivery(number)` made. Acknowledges it. */
  receive(): Promise<number>;
  /** Reads no more from its socket, until `resume`. */
  pause(): void;
  resume(): void;
  /** Says goodbye in the protocol's words. */
  close(): Promise<void>;
  /** Goes away without a word. */
  destroy(): void;
  /** The adapter hung up, or the device did. */
  readonly closed: Promise<void>;
}

/** The bytes of a whole session, as one peer would send them without waiting for answers. */
export interface SessionBytes {
  readonly bytes: Uint8Array;
  /** Behind which byte each publish is complete: one for each that must arrive. */
  readonly publishEnds: readonly number[];
  /** True when the answers to all of it are there. */
  readonly isAnswered: (received: Uint8Array) => boolean;
}

/** The beginning of something that is larger than the limits allow. */
export interface OversizeBytes {
  readonly bytes: Uint8Array;
  /** What the kit goes on sending behind it, again and again. */
  readonly filler: number;
  /** True when the adapter has refused it in its protocol's words (it may also just hang up, or pass over it). */
  readonly isRefused: (received: Uint8Array) => boolean;
}

export interface ContractDriver {
  /** QoS of a publish that is answered. */
  readonly publishQos: QoS;
  /** QoS that deliveries may have. */
  readonly deliveryQos: readonly QoS[];
  /** "free": topic and payload reach the core as the device gave them; "mapped": the adapter makes them. */
  readonly content: "free" | "mapped";
  /** True when a connection is one session that holds its client id; false for requests that share it. */
  readonly exclusive: boolean;
  /** Resolves when the adapter has answered: connected, or refused (also when it just hung up). */
  connect(at: Address, who: Who): Promise<DeviceClient | "refused">;
  /** The n-th client id, where the protocol has rules for them; `kit-{n}` when left out. */
  clientId?(n: number): string;
  /** What the core sends to a device as delivery number `n`; about `bytes` long, as far as the protocol goes. */
  delivery(n: number, bytes: number): Sending;
  session(who: Who): SessionBytes;
  oversize(who: Who, limits: EdgeLimits): OversizeBytes;
}

/** Names of the cases that a subject may set aside, each with its reason. */
export type CaseName =
  | "refuses an unknown configuration key"
  | "back-pressure"
  | "hostile names"
  | "oversize"
  | "split at every byte"
  | "truncated at every byte"
  | "slow drip";

export interface ContractSubject {
  // The configuration is checked against the module's own schema before it is used.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly module: AdapterModule<any, NetKit>;
  /** Configuration as a user writes it, with a plain listener on 127.0.0.1 for each of the ports. Rates switched off. */
  config(ports: readonly number[]): object;
  readonly driver: ContractDriver;
  readonly inapplicable?: Partial<Record<CaseName, string>>;
}
