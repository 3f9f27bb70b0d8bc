// The adapter's life: nothing but its listeners.

import { DecodeFault, FRAME_MAX_BYTES, Gbt32960Decoder } from "gbt32960-parser";
import type { Gbt32960Frame } from "gbt32960-parser";
import type { Adapter, Gateway, Peer } from "../../core/index.ts";
import { FrameLink } from "../../net/frame-link.ts";
import type { NetKit } from "../../net/kit.ts";
import { StreamAdapter } from "../../net/stream-adapter.ts";
import type { StreamAcceptor, StreamConnection, Wire } from "../../net/stream.ts";
import { listenerOptions } from "./config.ts";
import type { Gbt32960Config, Gbt32960ListenerConfig } from "./config.ts";
import { Gbt32960Connection } from "./connection.ts";
import { ListenerContext } from "./context.ts";
import { LinkFault } from "./faults.ts";

/** Bytes outside of frames after which a link is no GB/T 32960 link: more than any frame can leave behind. */
const JUNK_MAX_BYTES = 2 * FRAME_MAX_BYTES;

export function createGbt32960Adapter(
  name: string,
  config: Readonly<Gbt32960Config>,
  gateway: Gateway,
  kit: NetKit,
): Adapter {
  return new StreamAdapter(name, config.listeners, gateway, kit, (listener) => createAcceptor(listener, gateway, kit));
}

/** What makes links of the streams that come to one listener. Throws when a file of a key cannot be used. */
export function createAcceptor(
  config: Readonly<Gbt32960ListenerConfig>,
  gateway: Gateway,
  { turn }: Pick<NetKit, "turn">,
): StreamAcceptor {
  const context = new ListenerContext(gateway, turn, listenerOptions(config));
  return { accept: (wire: Wire, peer: Peer): StreamConnection => connect(context, wire, peer) };
}

function connect(context: ListenerContext, wire: Wire, peer: Peer): StreamConnection {
  const { gateway, options } = context;
  const settings = {
    clock: gateway.clock,
    log: gateway.log,
    meter: context.meter(peer.listener),
    idleTimeoutMs: options.idleTimeoutMs,
    restTimeoutMs: options.frameTimeoutMs,
    badFramesMax: options.badFramesMax,
    junkMaxBytes: JUNK_MAX_BYTES,
    badFramesCode: LinkFault.BadFrames,
    junkCode: LinkFault.Junk,
  };
  return new FrameLink<Gbt32960Frame>(
    settings,
    wire,
    peer,
    new Gbt32960Decoder(FRAME_MAX_BYTES),
    context.encoder,
    DecodeFault,
    (link) => new Gbt32960Connection(context, link),
  );
}
