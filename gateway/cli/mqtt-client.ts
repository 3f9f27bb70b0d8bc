// A small MQTT client for `tributary pub` and `tributary sub`: one connection, no reconnect, any broker.

import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import { generate, parser } from "mqtt-packet";
import type { IConnectPacket, IPublishPacket, Packet, QoS } from "mqtt-packet";

import { CommandError, ExitCode } from "../exit-code.ts";
import { endpointText } from "../../net/faults.ts";

const KEEP_ALIVE_SECONDS = 60;
const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;
const REFUSED = 0x80;

export interface ClientOptions {
  readonly host: string;
  readonly port: number;
  /** Content of a PEM file with the authorities to trust; null = no TLS. */
  readonly ca: string | null;
  readonly clientId: string;
  readonly user: string | null;
  readonly password: string | null;
  /** 4 = MQTT 3.1.1, 5 = MQTT 5. */
  readonly protocolVersion: 4 | 5;
}

export interface Received {
  readonly topic: string;
  readonly payload: Uint8Array;
}

interface Waiting {
  readonly resolve: (packet: Packet) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class MqttClient {
  readonly #socket: Socket;
  readonly #options: ClientOptions;
  readonly #parser;
  /** Answers that are waited for, by packet type and identifier. A command asks for a few at a time. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #keepAlive: NodeJS.Timeout;
  readonly #onMessage: (message: Received) => boolean;
  #lastId = 0;
  #failure: CommandError | null = null;
  /** Called when the connection is lost without our doing. */
  onLost: (error: CommandError) => void = () => undefined;

  private constructor(socket: Socket, options: ClientOptions, onMessage: (message: Received) => boolean) {
    this.#socket = socket;
    this.#options = options;
    this.#onMessage = onMessage;
    this.#parser = parser({ protocolVersion: options.protocolVersion });
    this.#parser.on("packet", (packet) => this.#onPacket(packet));
    this.#parser.on("error", (error) => this.#fail(`it does not speak MQTT: ${error.message}`));
    socket.on("data", (chunk) => this.#parser.parse(chunk));
    socket.on("error", (error) => this.#fail(error.message));
    socket.on("close", () => this.#fail("the connection was closed"));
    this.#keepAlive = setInterval(() => this.#send({ cmd: "pingreq" }), KEEP_ALIVE_SECONDS * 1000);
  }

  /** `onMessage` returns false when it wants no more for now: see `resume`. Rejects with a CommandError. */
  static async connect(options: ClientOptions, onMessage: (message: Received) => boolean): Promise<MqttClient> {
    const socket = await open(options);
    const client = new MqttClient(socket, options, onMessage);
    const connect: IConnectPacket = {
      cmd: "connect",
      clientId: options.clientId,
      protocolId: "MQTT",
      protocolVersion: options.protocolVersion,
      clean: true,
      keepalive: KEEP_ALIVE_SECONDS,
    };
    if (options.user !== null) connect.username = options.user;
    if (options.password !== null) connect.password = Buffer.from(options.password, "utf8");
    const answer = client.#answer("connack", 0, CONNECT_TIMEOUT_MS);
    client.#send(connect);
    const packet = await answer;
    const code = packet.cmd === "connack" ? (packet.reasonCode ?? packet.returnCode ?? 0) : 0;
    if (code === 0) return client;
    const reason = packet.cmd === "connack" ? (packet.properties?.reasonString ?? "") : "";
    client.#close();
    throw new CommandError(ExitCode.No, `the server refused the connection: ${reasonText(code, reason)}`);
  }

  /** Resolves when the server has it, as far as the QoS tells. */
  async publish(topic: string, payload: Uint8Array, qos: QoS, retain: boolean): Promise<void> {
    const id = this.#nextId();
    const packet: IPublishPacket = { cmd: "publish", topic, payload: Buffer.from(payload), qos, retain, dup: false };
    if (qos > 0) packet.messageId = id;
    const answer = qos === 0 ? null : this.#answer(qos === 1 ? "puback" : "pubrec", id, ANSWER_TIMEOUT_MS);
    this.#send(packet);
    if (answer === null) return;
    this.#demand(await answer, `the server did not take the message to ${topic}`);
    if (qos < 2) return;
    const complete = this.#answer("pubcomp", id, ANSWER_TIMEOUT_MS);
    this.#send({ cmd: "pubrel", messageId: id });
    await complete;
  }

  async subscribe(filters: readonly string[], qos: QoS): Promise<void> {
    const id = this.#nextId();
    const answer = this.#answer("suback", id, ANSWER_TIMEOUT_MS);
    this.#send({ cmd: "subscribe", messageId: id, subscriptions: filters.map((topic) => ({ topic, qos })) });
    const packet = await answer;
    if (packet.cmd !== "suback") return;
    for (const [index, granted] of packet.granted.entries()) {
      const code = Number(granted);
      if (code >= REFUSED) {
        throw new CommandError(ExitCode.No, `no subscription to ${filters[index] ?? ""}: ${reasonText(code, "")}`);
      }
    }
  }

  /** Messages may come again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Says goodbye; resolves when the connection is gone. */
  async end(): Promise<void> {
    if (this.#socket.destroyed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
    this.#failure ??= new CommandError(ExitCode.Ok, "ended");
    this.#send({ cmd: "disconnect" });
    clearInterval(this.#keepAlive);
    this.#socket.end();
    // A server that does not close its side does not keep us.
    const timer = setTimeout(() => this.#socket.destroy(), 1_000);
    await closed;
    clearTimeout(timer);
  }

  #onPacket(packet: Packet): void {
    switch (packet.cmd) {
      case "publish":
        this.#onPublish(packet);
        return;
      case "pubrel":
        this.#send({ cmd: "pubcomp", messageId: packet.messageId ?? 0 });
        return;
      case "disconnect":
        this.#fail(`the server ended the connection: ${reasonText(packet.reasonCode ?? 0, "")}`);
        return;
      default: {
        const key = `${packet.cmd} ${packet.cmd === "connack" ? 0 : (packet.messageId ?? 0)}`;
        const waiting = this.#waiting.get(key);
        this.#waiting.delete(key);
        clearTimeout(waiting?.timer);
        waiting?.resolve(packet);
      }
    }
  }

  #onPublish(packet: IPublishPacket): void {
    const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload, "utf8") : packet.payload;
    const messageId = packet.messageId ?? 0;
    const wantsMore = this.#onMessage({ topic: packet.topic, payload });
    if (packet.qos === 1) this.#send({ cmd: "puback", messageId });
    else if (packet.qos === 2) this.#send({ cmd: "pubrec", messageId });
    if (!wantsMore) this.#socket.pause();
  }

  #demand(packet: Packet, text: string): void {
    const code = "reasonCode" in packet ? (packet.reasonCode ?? 0) : 0;
    if (code >= REFUSED) throw new CommandError(ExitCode.No, `${text}: ${reasonText(code, "")}`);
  }

  #answer(cmd: string, id: number, timeoutMs: number): Promise<Packet> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      const timer = setTimeout(() => this.#fail(`no ${cmd} within ${timeoutMs / 1000} s`), timeoutMs);
      this.#waiting.set(`${cmd} ${id}`, { resolve, reject, timer });
    });
  }

  #send(packet: Packet): void {
    if (!this.#socket.writable) return;
    this.#socket.write(generate(packet, { protocolVersion: this.#options.protocolVersion }));
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % 65_535) + 1;
    return this.#lastId;
  }

  #fail(text: string): void {
    if (this.#failure !== null) return;
    const { host, port } = this.#options;
    const failure = new CommandError(ExitCode.Unavailable, `${endpointText(host, port)}: ${text}`);
    this.#failure = failure;
    this.#close();
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(failure);
    }
    this.#waiting.clear();
    this.onLost(failure);
  }

  #close(): void {
    this.#failure ??= new CommandError(ExitCode.Ok, "ended");
    clearInterval(this.#keepAlive);
    this.#socket.destroy();
  }
}

function open(options: ClientOptions): Promise<Socket> {
  const { host, port, ca } = options;
  return new Promise((resolve, reject) => {
    const socket = ca === null ? connectTcp({ host, port }) : connectTls({ host, port, ca, servername: host });
    const fail = (text: string) => {
      socket.destroy();
      reject(new CommandError(ExitCode.Unavailable, `cannot connect to ${endpointText(host, port)}: ${text}`));
    };
    const timer = setTimeout(() => fail(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`), CONNECT_TIMEOUT_MS);
    const onError = (error: Error) => {
      clearTimeout(timer);
      // Of several addresses that were tried, the first one's error stands for all.
      const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
      fail(cause instanceof Error ? cause.message : String(cause));
    };
    socket.once("error", onError);
    socket.once(ca === null ? "connect" : "secureConnect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [1, "unacceptable protocol version"],
  [2, "client id rejected"],
  [3, "server unavailable"],
  [4, "bad user name or password"],
  [5, "not authorized"],
  [0x80, "unspecified error"],
  [0x81, "malformed packet"],
  [0x82, "protocol error"],
  [0x83, "implementation specific error"],
  [0x85, "client id not valid"],
  [0x86, "bad user name or password"],
  [0x87, "not authorized"],
  [0x88, "server unavailable"],
  [0x89, "server busy"],
  [0x8a, "banned"],
  [0x8b, "server shutting down"],
  [0x8d, "keep alive timeout"],
  [0x8e, "session taken over"],
  [0x8f, "topic filter invalid"],
  [0x90, "topic name invalid"],
  [0x95, "packet too large"],
  [0x96, "message rate too high"],
  [0x97, "quota exceeded"],
  [0x98, "administrative action"],
  [0x9a, "retain not supported"],
  [0x9b, "QoS not supported"],
  [0x9f, "connection rate exceeded"],
]);

function reasonText(code: number, reason: string): string {
  const name = REASONS.get(code) ?? "reason";
  return `${name} (0x${code.toString(16).padStart(2, "0")})${reason === "" ? "" : `: ${reason}`}`;
}
