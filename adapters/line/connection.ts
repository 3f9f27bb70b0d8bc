// One device's connection: greeting ──hello──▶ open ──bye, a fault, the end of the stream──▶ closed. It obeys line after
// line: while one waits for its answer (busy), no further one is read.

import { CloseReason, Message, Refusal, Verdict, closeReasonNames, isAccepted } from "../../core/index.ts";
import { refusalReasonNames, verdictNames } from "../../core/index.ts";
import type { Device, Gateway, Peer, Session } from "../../core/index.ts";
import type { StreamConnection, Wire } from "../../net/stream.ts";
import { LineDecoder, fromBytes, toBytes, type Line } from "./mapping.ts";

const PLAIN = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, identifier: 0 } as const;

export class LineConnection implements StreamConnection, Device {
  readonly #wire: Wire;
  readonly #peer: Peer;
  readonly #gateway: Gateway;
  readonly #decoder = new LineDecoder();
  #session: Session | null = null;
  #reading = false;
  #busy = false;
  #closed = false;
  constructor(wire: Wire, peer: Peer, gateway: Gateway) {
    this.#wire = wire;
    this.#peer = peer;
    this.#gateway = gateway;
  }
  onBytes(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
    this.#read();
  }
  onWritable(): void {
    this.#session?.onWritable();
  }
  onClosed(): void {
    this.disconnect(CloseReason.ConnectionLost);
  }
  onStopping(): void {
    this.disconnect(CloseReason.Stopping);
  }
  deliver(_id: number, message: Message): boolean {
    return this.#write(`msg ${fromBytes(Buffer.from(message.topic))} ${fromBytes(message.payload)}`);
  }
  release(): void {} // subscribed at QoS 0: no delivery has a second half
  onSettled(_receipt: number, verdict: Verdict): void {
    if (verdict === Verdict.Pending) return; // never acknowledge what the core has not taken
    this.#busy = false;
    this.#write(isAccepted(verdict) ? "ok" : `no ${verdictNames[verdict]}`);
    if (!this.#reading) this.#read();
  }
  disconnect(reason: CloseReason, goodbye = `bye ${closeReasonNames[reason]}`): void {
    if (this.#closed) return;
    this.#write(goodbye);
    this.#closed = true;
    this.#session?.close(reason);
    this.#wire.end();
  }
  #read(): void {
    this.#reading = true;
    for (let line; !this.#closed && !this.#busy && (line = this.#decoder.next()) !== null;) {
      this.#busy = true;
      this.#obey(line, this.#session);
    }
    this.#reading = false;
    if (this.#busy) this.#wire.pause();
    else this.#wire.resume();
  }
  #obey([verb, word, rest]: Line, session: Session | null): void {
    const name = toBytes(word).toString();
    if (session === null && verb === "hello") void this.#hello(name, rest.split(" "));
    else if (session === null) this.disconnect(CloseReason.Protocol);
    else if (verb === "pub") this.onSettled(0, session.publish(Message.of(session.origin, name, toBytes(rest), 1), 0));
    else if (verb === "sub")
      void session.subscribe([{ filter: name, ...PLAIN }], ([outcome]) => this.onSettled(0, outcome!.verdict));
    else this.disconnect(verb === "bye" ? CloseReason.Normal : CloseReason.Protocol);
  }
  async #hello(client: string, [user = "", password = ""]: string[]): Promise<void> {
    const credentials = { client, user: toBytes(user).toString() || null, password: toBytes(password), token: null };
    const found = await this.#gateway.authenticate(this.#peer, credentials);
    const life = { exclusive: true, clean: true, expiryMs: 0, inflightMax: 1, will: null };
    const options = { device: null, via: [], protocolVersion: "1", ...life };
    const session = found instanceof Refusal ? found : await this.#gateway.openSession(found, options, this);
    if (session instanceof Refusal)
      return this.disconnect(CloseReason.Normal, `no ${refusalReasonNames[session.reason]}`);
    if (this.#closed) return session.close(CloseReason.ConnectionLost);
    this.#session = session;
    this.#wire.established();
    this.onSettled(0, Verdict.Accepted);
    session.onWritable();
  }
  #write(text: string): boolean {
    const bytes = Buffer.from(`${text}\n`);
    return this.#closed || this.#wire.write(bytes, 0, bytes.length);
  }
}
