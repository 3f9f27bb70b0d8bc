// The adapter's life: its listeners, and its name in the kit, so that another transport can carry MQTT.

import { type MqttConfig, mqttSettings } from "./config.ts";
import { MqttConnection } from "./connection.ts";
import { Context } from "./context.ts";
import { prepareGenerator } from "./wire.ts";
import type { Adapter, BoundListener, Gateway, Peer } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { StreamAdapter } from "../../net/stream-adapter.ts";
import type { StreamAcceptor, StreamConnection, Wire } from "../../net/stream.ts";

/** Names under which MQTT is carried by others: the WebSocket sub-protocols of MQTT 3.1.1 and 5, and of 3.1. */
const STREAM_PROTOCOLS: readonly string[] = Object.freeze(["mqtt", "mqttv3.1"]);

class MqttAcceptor implements StreamAcceptor {
  readonly #context: Context;
  constructor(context: Context) {
    this.#context = context;
  }
  accept(wire: Wire, peer: Peer): StreamConnection {
    return new MqttConnection(this.#context, wire, peer);
  }
}

export class MqttAdapter implements Adapter {
  readonly #kit: NetKit;
  readonly #acceptor: StreamAcceptor;
  readonly #streams: Adapter;

  constructor(name: string, config: Readonly<MqttConfig>, gateway: Gateway, kit: NetKit) {
    prepareGenerator();
    const acceptor = new MqttAcceptor(new Context(gateway, mqttSettings(config)));
    this.#kit = kit;
    this.#acceptor = acceptor;
    this.#streams = new StreamAdapter(name, config.listeners, gateway, kit, () => acceptor);
  }

  get listeners(): readonly BoundListener[] {
    return this.#streams.listeners;
  }

  async start(): Promise<void> {
    try {
      for (const name of STREAM_PROTOCOLS) this.#kit.streams.register(name, this.#acceptor);
      await this.#streams.start();
    } catch (error) {
      this.#unregister();
      throw error;
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#unregister();
    await this.#streams.stop(deadline);
  }

  reload(): Promise<void> {
    return this.#streams.reload();
  }

  #unregister(): void {
    for (const name of STREAM_PROTOCOLS) this.#kit.streams.unregister(name, this.#acceptor);
  }
}
