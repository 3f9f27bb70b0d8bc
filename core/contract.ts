// The contract between the core and an adapter, both ways. An adapter is a module (AdapterModule) that makes an
// Adapter; the core gives it a Gateway (cold verbs) and, for each device that authenticated, a Session (hot verbs);
// the adapter gives the core a Device. There is no other way in: who is not authenticated has no Session, and
// authentication, bans, tenants, access rules, quota and counting live behind these verbs.

import type { Clock } from "./clock.ts";
import type { ListenerMeter } from "./meter.ts";
import type { Message, MessageProperties, Origin, QoS } from "./message.ts";
import type { Peer } from "./peer.ts";
import type { CloseReason, Outcome, Refusal, Verdict } from "./verdict.ts";

/** What an adapter can do, as data: read by conformance/, by the documents and by the admin API. */
export interface Capabilities {
  readonly transports: readonly ("tcp" | "tls" | "udp" | "websocket" | "http")[];
  readonly publish: boolean;
  readonly subscribe: boolean;
  /** Highest QoS that devices can publish with. */
  readonly maxQos: QoS;
  readonly retain: boolean;
  readonly will: boolean;
  /** Many devices, a session each, on one connection. */
  readonly multipleSessions: boolean;
}

/** The single export of an adapter folder. Importing it does nothing. `Kit` is the network kit that it is written for. */
export interface AdapterModule<Config, Kit> {
  /** Configuration key, metric label, log field and `origin.protocol`. */
  readonly name: string;
  readonly stability: "experimental" | "stable";
  readonly capabilities: Capabilities;
  /** JSON Schema; the only home of defaults. */
  readonly configSchema: object;
  create(config: Readonly<Config>, gateway: Gateway, kit: Kit): Adapter;
}

export interface BoundListener {
  /** "mqtt" for the adapter's first listener, "mqtt.1" … for the others. */
  readonly name: string;
  readonly transport: string;
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly proxyProtocol: "require" | "allow" | "off";
  readonly maxConnections: number;
}

export interface Adapter {
  /** Resolves when every listener is bound; rejects, with nothing left bound, when one cannot be. */
  start(): Promise<void>;
  /** Refuses new work, lets running work end until `deadline` aborts. Safe unstarted, safe twice; may be started again. */
  stop(deadline: AbortSignal): Promise<void>;
  /** Reads again the files that its listeners hold (certificates), without dropping anybody. */
  reload(): Promise<void>;
  /** What is bound now; empty before start and after stop. */
  readonly listeners: readonly BoundListener[];
}

export interface Credentials {
  /** Client id as the device gave it; "" where it gave none: the core assigns one. */
  readonly client: string;
  /** User name as the device gave it, tenant included (`{tenant}/{user}`), or null. */
  readonly user: string | null;
  readonly password: Uint8Array | null;
  /** A bearer token instead of user and password, or null. */
  readonly token: string | null;
}

/** Who authenticated. Made by `gateway.authenticate` alone; another one's, or a forged one, opens no session. */
export interface Principal {
  readonly tenant: string;
  readonly client: string;
  readonly user: string;
  readonly peer: Peer;
}

export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** ms between the end of the connection and its publication. */
  readonly delayMs: number;
  /** Life time of the message from its publication on, ms; 0 = for ever. */
  readonly expiryMs: number;
  readonly properties: MessageProperties | null;
}

export interface SessionOptions {
  /** Whose data this session carries; null = the client itself. Several devices of one principal have a session each. */
  readonly device: string | null;
  readonly via: readonly string[];
  readonly protocolVersion: string;
  /**
   * True: the session is the holder of (tenant, client, device): opening it takes over from an older one.
   * False: a request without a session's life (a web request, say) that shares the name with whoever holds it.
   */
  readonly exclusive: boolean;
  /** Throw away what an earlier session of the same name left. */
  readonly clean: boolean;
  /** How long the session outlives its connection, ms; 0 = not at all, Infinity = never ends. */
  readonly expiryMs: number;
  /** How many unacknowledged deliveries the device takes at once (QoS 1 and 2 together), 1…65,535. */
  readonly inflightMax: number;
  readonly will: Will | null;
}

/** The core as an adapter sees it: cold verbs. */
export interface Gateway {
  authenticate(peer: Peer, credentials: Credentials): Promise<Principal | Refusal>;
  /**
   * The session delivers nothing before the first `session.onWritable()`, so that the adapter can answer the device first.
   * A principal opens as many sessions as it has devices.
   */
  openSession(principal: Principal, options: SessionOptions, device: Device): Promise<Session | Refusal>;
  /** Counters of one listener; the same object for the same name. */
  meter(listener: string): ListenerMeter;
  readonly limits: EdgeLimits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Limits that an adapter must know to keep them before it buffers. The core checks them again. */
export interface EdgeLimits {
  readonly messageMaxBytes: number;
  readonly topicMaxBytes: number;
  readonly topicMaxLevels: number;
  /** QoS 2 messages that one session may have begun and not released. */
  readonly inboundInflightMax: number;
  readonly clientIdMaxBytes: number;
  readonly sessionExpiryMaxMs: number;
}

export interface SubscribeRequest {
  readonly filter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** 0: send retained messages; 1: only if the subscription is new; 2: never. */
  readonly retainHandling: 0 | 1 | 2;
  /** 1…268,435,455; 0 = none. */
  readonly identifier: number;
}

export interface SubscribeOutcome {
  /** Accepted, or why not. */
  readonly verdict: Verdict;
  /** Granted QoS, when accepted. */
  readonly qos: QoS;
}

/** What is known of a topic: the verdict says whether the session may read it; `message` is null when there is nothing. */
export interface Reading {
  readonly verdict: Verdict;
  readonly message: Message | null;
}

/** The core as one connected device sees it. The hot verbs are synchronous, and no verb throws. */
export interface Session {
  readonly origin: Origin;
  /** True when state of an earlier connection was found and goes on. */
  readonly resumed: boolean;

  /**
   * Hot. `message.origin` must be this session's. `receipt` is any number that the adapter chose: with Pending,
   * `device.onSettled(receipt, verdict)` follows. With QoS 2 it is the message's identifier: until `onReleased(receipt)`
   * the same receipt is answered again and not published again.
   */
  publish(message: Message, receipt: number): Verdict;
  /** Hot. QoS 2, second half: the publisher gave the receipt free. False when it was not in use. */
  onReleased(receipt: number): boolean;
  /** Hot. What became of a delivery of QoS 1 or 2. False when the id is not in flight (or not in that state). */
  onAcknowledged(deliveryId: number, outcome: Outcome): boolean;
  /** Hot. The device can take more (again). A session begins unwritable. */
  onWritable(): void;

  /**
   * `granted` is called when the filters are in force and before the first message that they bring, so that the
   * device's answer goes out ahead of retained messages. One outcome a request, in order.
   */
  subscribe(
    requests: readonly SubscribeRequest[],
    granted?: (outcomes: readonly SubscribeOutcome[]) => void,
  ): Promise<readonly SubscribeOutcome[]>;
  unsubscribe(filters: readonly string[]): Promise<readonly Verdict[]>;
  /** The last value of a topic: the last message published to it, or its retained message. Needs the right to subscribe. */
  read(topic: string): Promise<Reading>;
  /** Changes how long the session outlives its connection, ms. */
  setExpiry(expiryMs: number): void;
  /** Ends the connection's hold of the session. Safe twice. */
  close(reason: CloseReason): void;
}

/** Bits of `Device.deliver`'s flags. */
export const DeliveryFlag = Object.freeze({
  /** As the RETAIN bit that the receiver is to see. */
  Retain: 1,
  /** Sent before on an earlier connection. */
  Redelivered: 2,
} as const);

/** A connected device as the core sees it. Implemented once per adapter, by its connection class. Must not throw. */
export interface Device {
  /**
   * Hot. Always takes the message; false means "full now": the core waits for `session.onWritable()`. `id` is 0 for QoS 0,
   * otherwise 1…65,535, unique among those in flight. Called synchronously from anywhere, also from inside
   * `session.publish` of the same device. Within, the device may call `session.onAcknowledged(id, Rejected)`.
   */
  deliver(id: number, message: Message, qos: QoS, flags: number, identifiers: readonly number[] | null): boolean;
  /** Hot. QoS 2: the device may forget that it has seen `id`. Sent after Outcome.Received, and again after a reconnect. */
  release(id: number): void;
  /** Hot. The verdict on an earlier Pending publish. */
  onSettled(receipt: number, verdict: Verdict): void;
  /** The core ends the connection. The session is already closed; the device tells the peer in its own words and hangs up. */
  disconnect(reason: CloseReason): void;
}

/** Structured log: one line per state change, none per message. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}
