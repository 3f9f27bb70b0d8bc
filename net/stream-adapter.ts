// The Adapter of a protocol that is only streams: one listener for each entry of its configuration, and nothing else to
// start or stop. What would stand the same in the listener.ts of every such adapter stands here.

import type { Adapter, BoundListener, Gateway } from "../core/index.ts";
import type { StreamListenerConfig } from "./config.ts";
import type { NetKit } from "./kit.ts";
import { ListenerSet, listenerName } from "./listener-set.ts";
import { StreamListener } from "./stream-listener.ts";
import type { StreamAcceptor } from "./stream.ts";

export class StreamAdapter<Config extends StreamListenerConfig> implements Adapter {
  readonly #set: ListenerSet;

  /** `acceptorOf` is asked once for each listener, with its own part of the configuration. */
  constructor(
    name: string,
    listeners: readonly Readonly<Config>[],
    gateway: Gateway,
    kit: NetKit,
    acceptorOf: (config: Readonly<Config>) => StreamAcceptor,
  ) {
    this.#set = new ListenerSet(
      listeners.map((config, index) => {
        const listener = listenerName(name, index);
        const meter = gateway.meter(listener);
        return new StreamListener({
          name: listener,
          config,
          acceptor: acceptorOf(config),
          kit,
          meter,
          log: gateway.log,
        });
      }),
    );
  }

  get listeners(): readonly BoundListener[] {
    return this.#set.bound;
  }

  start(): Promise<void> {
    return this.#set.start();
  }

  stop(deadline: AbortSignal): Promise<void> {
    return this.#set.stop(deadline);
  }

  reload(): Promise<void> {
    return this.#set.reload();
  }
}
