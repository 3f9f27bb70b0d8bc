// The Adapter of a protocol that is only streams: one listener for each entry of its configuration, and nothing else to
// start or stop. What would stand the same in the listener.ts of every such adapter stands here.

import type { Gateway } from "../core/index.ts";
import type { StreamListenerConfig } from "./config.ts";
import type { NetKit } from "./kit.ts";
import { ListenerSet, listenerName } from "./listener-set.ts";
import { StreamListener } from "./stream-listener.ts";
import type { StreamAcceptor } from "./stream.ts";

export class StreamAdapter<Config extends StreamListenerConfig> extends ListenerSet {
  /** `acceptorOf` is asked once for each listener, with its own part of the configuration. */
  constructor(
    name: string,
    listeners: readonly Readonly<Config>[],
    gateway: Gateway,
    kit: NetKit,
    acceptorOf: (config: Readonly<Config>) => StreamAcceptor,
  ) {
    super(
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
}
