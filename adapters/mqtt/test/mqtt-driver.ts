// A device that speaks MQTT 5, as the contract suite plays it.

import {
  TcpClient,
  type Answer,
  type ContractDriver,
  type DeviceClient,
  type Publishing,
  type Who,
} from "../../../conformance/adapter-kit/index.ts";
import { FAULT, MORE, PacketDecoder } from "../decoder.ts";
import { PACKET_MAX_BYTES, PacketType } from "../packet.ts";
import {
  bytes,
  connect,
  DISCONNECT,
  NO_PROPERTIES,
  packet,
  puback,
  pubcomp,
  publish5,
  pubrec,
  pubrel,
  subscribe,
  varint,
} from "./packets.ts";

const hello = ({ client, user, password }: Who): Uint8Array =>
  connect({ level: 5, client, ...(user === null ? {} : { user }), ...(password === null ? {} : { password }) });

interface Answered {
  readonly type: number;
  readonly id: number;
  /** What stands behind the identifier: reason codes, or nothing. */
  readonly rest: Uint8Array;
}

class MqttDevice implements DeviceClient {
  readonly closed: Promise<void>;
  readonly #tcp: TcpClient;
  readonly #decoder = new PacketDecoder(PACKET_MAX_BYTES);
  readonly #answers: Answered[] = [];
  readonly #deliveries: number[] = [];
  #lastId = 0;

  constructor(tcp: TcpClient) {
    this.#tcp = tcp;
    this.closed = tcp.closed;
    void this.#readAll();
  }

  /** The second half of QoS 2 comes when nobody waits for anything. */
  async #readAll(): Promise<void> {
    const never = (): boolean => !this.#sort();
    while (!this.#tcp.isClosed) await this.#tcp.until(never, "the end").catch(() => undefined);
  }

  async answer(type: number, id: number): Promise<Uint8Array> {
    const isIt = (one: Answered): boolean => one.type === type && one.id === id;
    await this.#tcp.until(() => this.#sort() && this.#answers.some(isIt), `packet ${type} of ${id}`);
    const [found] = this.#answers.splice(this.#answers.findIndex(isIt), 1);
    return found!.rest;
  }

  async publish({ topic, payload, qos }: Publishing): Promise<Answer> {
    const id = this.#nextId();
    this.#tcp.write(publish5({ topic, payload, qos, id }));
    if (qos === 0) return "unanswered";
    const [reason = 0] = await this.answer(qos === 1 ? PacketType.Puback : PacketType.Pubrec, id);
    if (reason >= 0x80) return "refused";
    if (qos === 1) return "taken";
    this.#tcp.write(pubrel(id));
    await this.answer(PacketType.Pubcomp, id);
    return "taken";
  }

  async subscribe(filter: string): Promise<Answer> {
    const id = this.#nextId();
    this.#tcp.write(subscribe(5, id, [[filter, 2]]));
    const code = (await this.answer(PacketType.Suback, id)).at(-1) ?? 0x80;
    return code < 0x80 ? "taken" : "refused";
  }

  async receive(): Promise<number> {
    await this.#tcp.until(() => this.#sort() && this.#deliveries.length > 0, "a message");
    return this.#deliveries.shift()!;
  }
  pause(): void {
    this.#tcp.pause();
  }
  resume(): void {
    this.#tcp.resume();
  }
  async close(): Promise<void> {
    this.#tcp.write(DISCONNECT);
    await this.closed;
  }
  destroy(): void {
    this.#tcp.destroy();
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % 65_535) + 1;
    return this.#lastId;
  }

  /** Whole packets from the socket to where they belong. Always true. */
  #sort(): boolean {
    const decoder = this.#decoder;
    decoder.push(this.#tcp.take(this.#tcp.received.length));
    for (let type = decoder.next(); type !== MORE; type = decoder.next()) {
      if (type === FAULT) throw new Error(decoder.fault?.text);
      const content = decoder.bytes.slice(decoder.body, decoder.end);
      if (type === PacketType.Publish) this.#onPublish((decoder.first >> 1) & 3, content);
      else if (type === PacketType.Pubrel) this.#tcp.write(pubcomp((content[0]! << 8) | content[1]!));
      else if (type === PacketType.Connack) this.#answers.push({ type, id: 0, rest: content.subarray(1) });
      else if (type !== PacketType.Disconnect) {
        this.#answers.push({ type, id: (content[0]! << 8) | content[1]!, rest: content.subarray(2) });
      }
    }
    return true;
  }

  #onPublish(qos: number, content: Uint8Array): void {
    let at = 2 + ((content[0]! << 8) | content[1]!);
    if (qos > 0) {
      const id = (content[at]! << 8) | content[at + 1]!;
      this.#tcp.write(qos === 1 ? puback(id) : pubrec(id));
      at += 2;
    }
    at += 1 + content[at]!;
    this.#deliveries.push(Number(Buffer.from(content.subarray(at)).toString().trim()));
  }
}

/** Packet types in what was received, or null while something is cut. */
function typesIn(received: Uint8Array): number[] {
  const decoder = new PacketDecoder(PACKET_MAX_BYTES);
  decoder.push(received);
  const types: number[] = [];
  for (let type = decoder.next(); type !== MORE && type !== FAULT; type = decoder.next()) types.push(type);
  return types;
}

export function mqttDriver(publishQos: 1 | 2): ContractDriver {
  return {
    publishQos,
    deliveryQos: [0, 1, 2],
    content: "free",
    exclusive: true,
    async connect(at, who) {
      const tcp = await TcpClient.open(at);
      const device = new MqttDevice(tcp);
      tcp.write(hello(who));
      const told = await device.answer(PacketType.Connack, 0).catch(() => null);
      return told !== null && told[0] === 0 ? device : "refused";
    },
    delivery: (n, length) => ({ topic: "kit/t", payload: `${n}`.padEnd(length) }),
    session(who) {
      const parts = [
        hello(who),
        publish5({ topic: "kit/a", payload: "one\ntwo", qos: 1, id: 7 }),
        subscribe(5, 8, [["kit/#", 1]]),
        publish5({ topic: "kit/\u00fc", payload: new Uint8Array(200), qos: 2, id: 9 }),
        pubrel(9),
        publish5({ topic: "kit/c", payload: "three" }),
        packet(0xc0),
      ];
      const ends = parts.map((_, index) => bytes(...parts.slice(0, index + 1)).length);
      const answers = [2, 4, 9, 5, 7, 13].join();
      return {
        bytes: bytes(...parts),
        publishEnds: [ends[1]!, ends[3]!, ends[5]!],
        isAnswered: (received) => typesIn(received).join() === answers,
      };
    },
    oversize: (who, limits) => {
      const topic = bytes(0, 1, 97);
      const length = limits.messageMaxBytes + limits.topicMaxBytes + 100_000;
      return {
        bytes: bytes(hello(who), 0x30, varint(length), topic, NO_PROPERTIES),
        filler: 65,
        isRefused: (received) => typesIn(received).includes(PacketType.Disconnect),
      };
    },
  };
}
