// The datagram side of the network kit, as an adapter sees it. Datagrams of one source (address and port) come to one
// connection, as a stream's chunks do: each `onBytes` is one whole datagram, and each `write` or `commit` sends one. So a
// protocol that runs over both has one connection class. There is no back-pressure: what does not fit is dropped.

import type { Peer } from "../core/index.ts";
import type { StreamConnection, Wire } from "./stream.ts";

export interface DatagramWire extends Wire {
  /**
   * The source has shown who it is: it keeps its place until it falls silent. Those that have not are forgotten after
   * `firstFrameTimeoutMs` of silence, and earlier when more come than are remembered. Safe twice. (`established` does nothing here:
   * whoever can send one frame can send it from any address.)
   */
  prove(): void;
}

export interface DatagramAcceptor {
  /** The first datagram of a source that is not known. Its address may be forged. */
  accept(wire: DatagramWire, peer: Peer): StreamConnection;
}

/** Why a datagram was dropped: keys of `ListenerMeter.messagesDropped`. */
export const DatagramDrop = {
  /** The kernel's receive buffer was full. */
  ReceiveBuffer: "datagram_receive_buffer",
  /** More from one address than `sourceRatePerSecond`. */
  SourceRate: "datagram_source_rate",
  /** More new sources than `acceptRatePerSecond`. */
  AcceptRate: "datagram_accept_rate",
  /** Its connection does not read now. */
  Paused: "datagram_paused",
  /** Ours: more is waiting in the socket than `outputMaxBytes`. */
  SendBuffer: "datagram_send_buffer",
  /** Ours: longer than a datagram can be. */
  TooLong: "datagram_too_long",
} as const;
export type DatagramDrop = (typeof DatagramDrop)[keyof typeof DatagramDrop];
