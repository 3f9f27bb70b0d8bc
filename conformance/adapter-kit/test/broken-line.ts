// The line adapter with one thing broken at a time: what the contract suite must notice. Each breakage sits where a real
// one would: between adapter and core, or between adapter and net.

import { line } from "../../../adapters/line/index.ts";
import { lineDriver } from "../../../adapters/line/test/line-driver.ts";
import { LineConnection } from "../../../adapters/line/connection.ts";
import { Refusal, type Adapter, type Device, type Gateway, type Session } from "../../../core/index.ts";
import { StreamAdapter } from "../../../net/stream-adapter.ts";
import type { StreamConnection, Wire } from "../../../net/stream.ts";
import type { ContractSubject } from "../driver.ts";

export interface Breakage {
  /** Replaces verbs of each session. */
  session?(session: Session): Partial<Session>;
  /** Replaces verbs of each device, as the core sees it. */
  device?(device: Device, gateway: Gateway): Partial<Device>;
  /** Replaces verbs of each connection, as net sees it. */
  connection?(connection: StreamConnection, wire: Wire): Partial<StreamConnection>;
  adapter?(adapter: Adapter, gateway: Gateway): Partial<Adapter>;
  gateway?(gateway: Gateway): Partial<Gateway>;
}

/** The subject, and what lets go of the sockets that a breakage left. */
export function brokenLine(breakage: Breakage): { subject: ContractSubject; release: () => Promise<void> } {
  const whole: Adapter[] = [];
  const subject: ContractSubject = {
    driver: lineDriver,
    config: (ports) => ({ listeners: ports.map((port) => ({ port, acceptRatePerSecond: 1_000_000 })) }),
    module: {
      ...line,
      create({ listeners }, gateway, kit) {
        const adapter = new StreamAdapter("line", listeners, gateway, kit, () => ({
          accept(wire, peer) {
            const connection = new LineConnection(wire, peer, brokenGateway(gateway, breakage));
            return replaced<StreamConnection>(connection, breakage.connection?.(connection, wire));
          },
        }));
        whole.push(adapter);
        return replaced<Adapter>(adapter, breakage.adapter?.(adapter, gateway));
      },
    },
  };
  const release = async (): Promise<void> => {
    for (const adapter of whole) await adapter.stop(AbortSignal.abort());
  };
  return { subject, release };
}

function brokenGateway(gateway: Gateway, breakage: Breakage): Gateway {
  return replaced<Gateway>(gateway, {
    async openSession(principal, options, device) {
      const shown = replaced<Device>(device, breakage.device?.(device, gateway));
      const session = await gateway.openSession(principal, options, shown);
      return session instanceof Refusal ? session : replaced<Session>(session, breakage.session?.(session));
    },
    ...breakage.gateway?.(gateway),
  });
}

/** The same object to whoever holds it, but for some verbs. */
function replaced<T extends object>(whole: T, verbs: Partial<T> | undefined): T {
  if (verbs === undefined) return whole;
  return new Proxy(whole, {
    get(target, name) {
      const from: object = name in verbs ? verbs : target;
      const value: unknown = Reflect.get(from, name, from);
      return typeof value === "function" ? value.bind(from) : value;
    },
  });
}
