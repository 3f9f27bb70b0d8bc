// An MQTT subscriber that only counts: messages and their payload bytes, by walking over the packets' lengths, so that a
// benchmark measures the gateway and not its own client. QoS 0, MQTT 3.1.1.

import { connect, type Socket } from "node:net";

const CONNACK = 2;
const PUBLISH = 3;
const SUBACK = 9;

export class CountingSubscriber {
  messages = 0;
  payloadBytes = 0;
  readonly #socket: Socket;
  readonly #filter: string;
  readonly #ready = Promise.withResolvers<void>();
  #rest: Uint8Array = new Uint8Array(0);

  private constructor(port: number, filter: string, user: string, password: string) {
    this.#filter = filter;
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("error", (error) => this.#ready.reject(error));
    this.#socket.on("data", (chunk: Uint8Array) => this.#onData(chunk));
    const protocol = Buffer.concat([text("MQTT"), Buffer.from([4, 0xc2, 0, 0])]);
    this.#send(0x10, Buffer.concat([protocol, text("bench-subscriber"), text(user), text(password)]));
  }

  /** Resolves when the subscription is in force. */
  static async open(port: number, filter: string, user: string, password: string): Promise<CountingSubscriber> {
    const subscriber = new CountingSubscriber(port, filter, user, password);
    await subscriber.#ready.promise;
    return subscriber;
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      let length = 0;
      let shift = 0;
      let body = at + 1;
      while (body < bytes.length) {
        const byte = bytes[body++]!;
        length |= (byte & 127) << shift;
        shift += 7;
        if (byte < 128) {
          shift = -1;
          break;
        }
      }
      if (shift !== -1 || body + length > bytes.length) break;
      this.#onPacket(bytes, at, body, length);
      at = body + length;
    }
    this.#rest = bytes.subarray(at);
  }

  #onPacket(bytes: Uint8Array, at: number, body: number, length: number): void {
    const type = bytes[at]! >> 4;
    if (type === PUBLISH) {
      this.messages++;
      this.payloadBytes += length - 2 - ((bytes[body]! << 8) | bytes[body + 1]!);
    } else if (type === CONNACK) {
      if (bytes[body + 1] !== 0) this.#ready.reject(new Error(`refused with ${bytes[body + 1]}`));
      this.#send(0x82, Buffer.concat([Buffer.from([0, 1]), text(this.#filter), Buffer.from([0])]));
    } else if (type === SUBACK) {
      if (bytes[body + 2] === 0x80) this.#ready.reject(new Error("the subscription was refused"));
      this.#ready.resolve();
    }
  }

  #send(first: number, body: Uint8Array): void {
    const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
    this.#socket.write(Buffer.concat([Buffer.from([first, ...length]), body]));
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}
