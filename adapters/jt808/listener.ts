// The adapter's life: nothing but its listeners.

import type { Adapter, Gateway, Peer } from "../../core/index.ts";
import type { DatagramWire } from "../../net/datagram.ts";
import type { NetKit } from "../../net/kit.ts";
import { StreamAdapter } from "../../net/stream-adapter.ts";
import type { StreamConnection, Wire } from "../../net/stream.ts";
import { AttachmentConnection } from "./attachment-connection.ts";
import { AuthCodes } from "./admission.ts";
import { listenerOptions } from "./config.ts";
import type { Jt808Config } from "./config.ts";
import { Jt808Connection } from "./connection.ts";
import { ListenerContext } from "./context.ts";
import { Holders } from "./holders.ts";

export function createJt808Adapter(
  name: string,
  config: Readonly<Jt808Config>,
  gateway: Gateway,
  kit: NetKit,
): Adapter {
  const codes = new AuthCodes(config.authCodeSecret ?? null);
  const holders = new Holders();
  return new StreamAdapter(name, config.listeners, gateway, kit, (listener) => {
    const options = listenerOptions(listener);
    const context = new ListenerContext(gateway, kit.turn, options, codes, holders);
    if (!options.isDatagram) return { accept: streamAcceptor(context) };
    const accept = (wire: DatagramWire, peer: Peer): Jt808Connection => new Jt808Connection(context, wire, peer, wire);
    return { datagrams: { accept }, idleTimeoutMs: options.idleTimeoutMs };
  });
}

function streamAcceptor(context: ListenerContext): (wire: Wire, peer: Peer) => StreamConnection {
  const files = context.options.uplink.attachments ? context.files : null;
  return (wire, peer) =>
    files === null
      ? new Jt808Connection(context, wire, peer, null)
      : new AttachmentConnection(context, wire, peer, files);
}
