// The adapter's life: its listeners, and its name in the kit, so that another transport can carry MQTT.

import { type MqttConfig, mqttSettings } from "./config.ts";
import { MqttConnection } from "./connection.ts";
import { Context } from "./context.ts";
import { prepareGenerator } from "./wire.ts";
import type { Adapter, BoundListener, Gateway, Peer } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { listenerName, ListenerSet } from "../../net/listener-set.ts";
import { StreamListener } from "../../net/stream-listener.ts";
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
  readonly #listeners: ListenerSet;

  constructor(adapterName: string, config: Readonly<MqttConfig>, gateway: Gateway, kit: NetKit) {
    prepareGenerator();
    const acceptor = new MqttAcceptor(new Context(gateway, mqttSettings(config)));
    this.#kit = kit;
    this.#acceptor = acceptor;
    this.#listeners = new ListenerSet(
      config.listeners.map((listener, index) => {
        const name = listenerName(adapterName, index);
        const meter = gateway.meter(name);
        return new StreamListener({ name, config: listener, acceptor, kit, meter, log: gateway.log });
      }),
    );
  }

  get listeners(): readonly BoundListener[] {
    return this.#listeners.bound;
  }

  async start(): Promise<void> {
    await this.#listeners.start();
    for (const name of STREAM_PROTOCOLS) this.#kit.streams.register(name, this.#acceptor);
  }

  async stop(deadline: AbortSignal): Promise<void> {
    for (const name of STREAM_PROTOCOLS) {
      if (this.#kit.streams.find(name) === this.#acceptor) this.#kit.streams.unregister(name);
    }
    await this.#listeners.stop(deadline);
  }

  async reload(): Promise<void> {
    await this.#listeners.reload();
  }
}
