// What goes wrong here, in the words of WebSocket and of the sub-protocol tributary.v1.json: close codes, error frames,
// and the tables from the core's reasons to them. Codes are stable; texts are for people.

import { CloseReason } from "../../core/index.ts";

/** Why an upgrade is not made. */
export class UpgradeFault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  constructor(status: number, code: string, message: string) {
    this.status = status;
    this.code = code;
    this.message = message;
  }
}

/** What is wrong with one JSON frame. The connection goes on; every one is counted. */
export class FrameFault {
  readonly code: string;
  readonly message: string;
  /** What the frame called itself, if it got that far. */
  readonly id: FrameId | null;
  constructor(code: string, message: string, id: FrameId | null = null) {
    this.code = code;
    this.message = message;
    this.id = id;
  }
}
export type FrameId = number | string;

/** Status codes of the closing handshake; from 4000 on they are ours. */
export const CloseCode = {
  /** The peer said goodbye, or its byte stream has ended. */
  Normal: 1000,
  /** The gateway stops. */
  Stopping: 1001,
  /** Text on a binary sub-protocol, or the other way round. */
  WrongFrameType: 1003,
  /** Too many bad frames, too many frames at once, or no `connect` in time. */
  Policy: 1008,
  /** The gateway failed. */
  Internal: 1011,
  /** There is no session: the `refused` frame before it says why. */
  Refused: 4401,
  /** An operator ended it, or it was banned. */
  Kicked: 4403,
  /** A newer connection holds the client id. */
  TakenOver: 4409,
  /** It does not read what it is sent, or it sent more than its quota. */
  SlowOrOverQuota: 4429,
} as const;

/** Indexed by close reason; 0 is unused. */
const closeCodes: readonly number[] = Object.freeze(
  Object.entries({
    0: CloseCode.Internal,
    [CloseReason.Normal]: CloseCode.Normal,
    [CloseReason.NormalWithWill]: CloseCode.Normal,
    [CloseReason.ConnectionLost]: CloseCode.Normal,
    [CloseReason.KeepAlive]: CloseCode.Policy,
    [CloseReason.Protocol]: CloseCode.Policy,
    [CloseReason.TakenOver]: CloseCode.TakenOver,
    [CloseReason.Kicked]: CloseCode.Kicked,
    [CloseReason.Stopping]: CloseCode.Stopping,
    [CloseReason.SlowConsumer]: CloseCode.SlowOrOverQuota,
    [CloseReason.Banned]: CloseCode.Kicked,
    [CloseReason.QuotaExceeded]: CloseCode.SlowOrOverQuota,
  }).map(([, code]) => code),
);

export function closeCodeOf(reason: CloseReason): number {
  return closeCodes[reason] ?? CloseCode.Internal;
}

/** Under which names the listener counts what peers do wrong. */
export const PeerFault = {
  /** A request that does not become a WebSocket: path, origin, sub-protocol, credentials. */
  Upgrade: "WEBSOCKET_UPGRADE",
  /** Bad masks, lengths, codes, UTF-8, or a message that is too long. */
  Frame: "WEBSOCKET_FRAME",
  /** Text on a binary sub-protocol, or the other way round. */
  FrameType: "WEBSOCKET_FRAME_TYPE",
  /** A JSON frame that says nothing sensible. */
  Json: "WEBSOCKET_JSON",
  /** No sign of life since the last ping. */
  Silent: "WEBSOCKET_SILENT",
} as const;
