// Who may open a WebSocket here, and which sub-protocol it speaks. Pure.

import { isHostAllowed, isOriginAllowed } from "../../net/web-origin.ts";
import type { DoorSettings } from "./config.ts";
import { UpgradeFault } from "./faults.ts";

export const JSON_PROTOCOL = "tributary.v1.json";

export interface UpgradeRequest {
  readonly url: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Of the socket; undefined where a proxy stands in between. */
  readonly localAddress: string | undefined;
  /** `Sec-WebSocket-Protocol`, as it came. */
  readonly protocols: string | undefined;
}

/** The sub-protocol that the peer is to speak, the first that it offers and we know; or why there is no WebSocket. */
export function judgeUpgrade(
  request: UpgradeRequest,
  door: DoorSettings,
  known: readonly string[],
): string | UpgradeFault {
  const query = request.url.indexOf("?");
  const path = query < 0 ? request.url : request.url.slice(0, query);
  if (path !== door.path) return new UpgradeFault(404, "not_found", `WebSockets are opened at ${door.path}`);
  if (!isHostAllowed(request.host, request.localAddress, door.origins)) {
    return new UpgradeFault(403, "host_not_allowed", "at a loopback address only loopback hosts are answered");
  }
  if (!isOriginAllowed(request.origin, request.host, door.origins)) {
    return new UpgradeFault(403, "origin_not_allowed", "web pages of this origin may not connect");
  }
  const offered = (request.protocols ?? "").split(",").map((name) => name.trim());
  const chosen = chooseProtocol(offered, known);
  return chosen ?? new UpgradeFault(400, "unknown_subprotocol", `sub-protocols spoken here: ${known.join(", ")}`);
}

export function chooseProtocol(offered: readonly string[], known: readonly string[]): string | null {
  return offered.find((name) => known.includes(name)) ?? null;
}
