// The Adapter of a protocol that is only links: one listener for each entry of its configuration, of streams or of
// datagrams, and nothing else to start or stop. What would stand the same in the listener.ts of every such adapter
// stands here.

import type { Gateway } from "../core/index.ts";
import type { DatagramListenerConfig } from "./datagram-config.ts";
import { DatagramListener } from "./datagram-listener.ts";
import type { DatagramAcceptor } from "./datagram.ts";
import type { NetKit } from "./kit.ts";
import { ListenerSet, listenerName, type Listener } from "./listener-set.ts";
import { StreamListener } from "./stream-listener.ts";
import type { StreamAcceptor } from "./stream.ts";

/** In the place of a StreamAcceptor: the listener is one of datagrams. */
export interface DatagramEnd {
  readonly datagrams: DatagramAcceptor;
  /** A source that has shown who it is, and is silent for so long, is forgotten, ms. */
  readonly idleTimeoutMs: number;
}

export class StreamAdapter<Config extends DatagramListenerConfig> extends ListenerSet {
  /** `endOf` is asked once for each listener, with its own part of the configuration. */
  constructor(
    name: string,
    listeners: readonly Readonly<Config>[],
    gateway: Gateway,
    kit: NetKit,
    endOf: (config: Readonly<Config>) => StreamAcceptor | DatagramEnd,
  ) {
    super(
      listeners.map((config, index): Listener => {
        const listener = listenerName(name, index);
        const parts = { name: listener, config, kit, meter: gateway.meter(listener), log: gateway.log };
        const end = endOf(config);
        if (!("datagrams" in end)) return new StreamListener({ ...parts, acceptor: end });
        return new DatagramListener({ ...parts, acceptor: end.datagrams, idleTimeoutMs: end.idleTimeoutMs });
      }),
    );
  }
}
