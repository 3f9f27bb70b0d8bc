// The cold half of a vehicle and of a platform: sessions, and messages of those who have none. Each step ends with a
// value; whoever calls it looks whether the link is still there when it comes back.

import type { Gbt32960Version } from "gbt32960-parser";
import { Refusal, Verdict, jsonProperties } from "../../core/index.ts";
import type { Device, Principal, Session, SinglePublish } from "../../core/index.ts";
import type { Link } from "./link.ts";

const SUBSCRIPTION = Object.freeze({
  qos: 1,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 2,
  identifier: 0,
} as const);

/** Name of a link, for `via`. */
export function linkName({ peer }: Link): string {
  return `${peer.address}:${peer.port}`;
}

/** Opens a vehicle's lasting session and subscribes it to its commands. Delivers nothing yet. */
export async function openVehicleSession(
  link: Link,
  device: Device,
  principal: Principal,
  vin: string,
  version: Gbt32960Version,
): Promise<Session | Refusal> {
  const { gateway, options, profile } = link.context;
  const isBehindPlatform = link.platform !== null;
  const expiryMs = options.sessionExpiryMs;
  const session = await gateway.openSession(
    principal,
    {
      device: isBehindPlatform ? vin : null,
      via: isBehindPlatform ? [linkName(link)] : [],
      protocolVersion: String(version),
      exclusive: true,
      clean: expiryMs === 0,
      expiryMs,
      inflightMax: options.commands.queueMax,
      will: null,
    },
    device,
  );
  if (session instanceof Refusal) return session;
  const filter = profile.downTopic(vin);
  const [outcome] = await session.subscribe([{ filter, ...SUBSCRIPTION }]);
  if (outcome?.verdict !== Verdict.Accepted) {
    gateway.log.warn({ vin, filter, verdict: outcome?.verdict }, "commands cannot reach this vehicle");
  }
  return session;
}

/** One message of somebody who holds no session. `topic` null: it is not published, and taken all the same. */
export async function publishOnce(
  link: Link,
  publishing: SinglePublish,
  principal: Principal,
  version: Gbt32960Version,
  topic: string | null,
  json: string,
): Promise<Verdict> {
  if (topic === null) return Verdict.Accepted;
  return publishing.run(link.context.gateway, principal, {
    device: null,
    via: [],
    protocolVersion: String(version),
    topic,
    payload: Buffer.from(json),
    properties: jsonProperties,
  });
}
