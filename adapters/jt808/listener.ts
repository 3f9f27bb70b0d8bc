// The adapter's life: nothing but its listeners.

import type { Adapter, Gateway, Peer } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { StreamAdapter } from "../../net/stream-adapter.ts";
import type { StreamConnection, Wire } from "../../net/stream.ts";
import { AuthCodes } from "./admission.ts";
import { listenerOptions } from "./config.ts";
import type { Jt808Config } from "./config.ts";
import { Jt808Connection } from "./connection.ts";
import { ListenerContext } from "./context.ts";

export function createJt808Adapter(
  name: string,
  config: Readonly<Jt808Config>,
  gateway: Gateway,
  kit: NetKit,
): Adapter {
  const codes = new AuthCodes(config.authCodeSecret ?? null);
  return new StreamAdapter(name, config.listeners, gateway, kit, (listener) => {
    const context = new ListenerContext(gateway, kit.turn, listenerOptions(listener), codes);
    return { accept: (wire: Wire, peer: Peer): StreamConnection => new Jt808Connection(context, wire, peer) };
  });
}
