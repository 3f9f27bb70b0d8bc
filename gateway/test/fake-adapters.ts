// Adapters that bind real ports and speak nothing, and settings for a gateway in a test's own process.

import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";

import { Type } from "typebox";

import type { Adapter, BoundListener } from "../../core/index.ts";
import { ListenError } from "../../net/faults.ts";
import { loadConfig } from "../config/load.ts";
import type { Module, Settings } from "../config/schema.ts";
import type { Build } from "../version.ts";

export const build: Build = { version: "1.2.3", node: "24.0.0" };

export interface Behaviour {
  readonly port?: number;
  /** The start waits for it. */
  readonly gate?: Promise<void>;
  readonly stopError?: Error;
  readonly reloadError?: Error;
}

/** Notes what is asked of it in `calls`. Has two listeners. */
export function fakeModule(name: string, calls: string[], behaviour: Behaviour = {}): Module {
  return {
    name,
    stability: "experimental",
    capabilities: {
      transports: ["tcp"],
      publish: true,
      subscribe: false,
      maxQos: 0,
      retain: false,
      will: false,
      multipleSessions: false,
    },
    configSchema: Type.Object({}, { additionalProperties: false }),
    create: () => new FakeAdapter(name, calls, behaviour),
  };
}

class FakeAdapter implements Adapter {
  readonly #name: string;
  readonly #calls: string[];
  readonly #behaviour: Behaviour;
  #servers: Server[] = [];

  constructor(name: string, calls: string[], behaviour: Behaviour) {
    this.#name = name;
    this.#calls = calls;
    this.#behaviour = behaviour;
  }

  get listeners(): BoundListener[] {
    return this.#servers.map((server, index) => ({
      name: index === 0 ? this.#name : `${this.#name}.${index}`,
      transport: "tcp",
      host: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
      secure: false,
      proxyProtocol: "off",
      maxConnections: 10,
    }));
  }

  async start(): Promise<void> {
    this.#calls.push(`${this.#name} start`);
    await this.#behaviour.gate;
    this.#servers = [await this.#listen(this.#behaviour.port ?? 0), await this.#listen(0)];
  }

  async stop(): Promise<void> {
    this.#calls.push(`${this.#name} stop`);
    await this.#behaviour.gate;
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    if (this.#behaviour.stopError !== undefined) throw this.#behaviour.stopError;
  }

  async reload(): Promise<void> {
    this.#calls.push(`${this.#name} reload`);
    if (this.#behaviour.reloadError !== undefined) throw this.#behaviour.reloadError;
  }

  #listen(port: number): Promise<Server> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once("error", (error) => reject(new ListenError(this.#name, "127.0.0.1", port, error)));
      server.listen(port, "127.0.0.1", () => resolve(server));
    });
  }
}

interface Changes {
  readonly admin?: object;
  readonly adapters?: Readonly<Record<string, unknown>>;
  readonly shutdown?: object;
  readonly bans?: readonly object[];
}

/** Defaults, the admin listener on any free port, and what is changed. */
export function settingsOf(changes: Changes): Settings {
  const names = Object.keys(changes.adapters ?? {});
  const text = JSON.stringify({ anonymous: "allow", ...changes, admin: { port: 0, ...changes.admin } });
  const modules = names.map((name) => fakeModule(name, []));
  const loaded = loadConfig({ file: "test", text }, {}, modules);
  if (Array.isArray(loaded)) throw new Error(JSON.stringify(loaded));
  return loaded.settings;
}
