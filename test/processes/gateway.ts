// The real gateway as a process: started with a configuration and port 0 everywhere, asked over its admin listener, and
// ended by a signal.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Child } from "./child.ts";
import type { Ending } from "./child.ts";
import { eventually } from "./deadline.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

export const PROJECT = join(import.meta.dirname, "../..");
/** `npm start` ends in exactly this, with Node 24 first in PATH. */
export const PROGRAM: readonly string[] = [
  process.execPath,
  "--conditions=tributary-source",
  join(PROJECT, "gateway/main.ts"),
];

export interface ClientRow {
  readonly client: string;
  readonly address: string;
  readonly port: number;
  readonly filters: readonly string[];
  readonly connected: boolean;
  readonly protocol: string;
}

/** The `tributary` command with these arguments; `program` where it is not the one in this checkout. */
export function tributary(args: readonly string[], input?: string | Uint8Array, program = PROGRAM): Child {
  const [executable, ...first] = program;
  return new Child(executable!, [...first, ...args], input === undefined ? {} : { input });
}

export class GatewayProcess {
  readonly ports: Readonly<Record<string, number>>;
  readonly child: Child;
  readonly #folder: TemporaryFolder;

  private constructor(child: Child, folder: TemporaryFolder, ports: Record<string, number>) {
    this.child = child;
    this.#folder = folder;
    this.ports = ports;
  }

  /**
   * @param config what a configuration file says, as an object; the admin listener gets any free port
   * @param start the program and its first arguments, up to the options of `start`
   */
  static async start(config: object, start: readonly string[] = [...PROGRAM, "start"]): Promise<GatewayProcess> {
    const folder = new TemporaryFolder("gateway");
    // JSON is YAML.
    const file = folder.write("tributary.yaml", JSON.stringify({ admin: { port: 0 }, ...config }));
    const portsFile = folder.join("ports.json");
    const child = tributary(["--config", file, "--ports-file", portsFile], "", start);
    try {
      await child.untilOrStop("ready", () => (/^ready in \d+ ms$/m.test(child.output) ? true : null));
      const ports: Record<string, number> = JSON.parse(readFileSync(portsFile, "utf8"));
      return new GatewayProcess(child, folder, ports);
    } catch (error) {
      folder.remove();
      throw error;
    }
  }

  /** The port of an adapter's listener: `mqtt`, `mqtt.1`, `admin`. */
  port(name: string): number {
    const port = this.ports[name];
    if (port === undefined) throw new Error(`no listener ${name} among ${Object.keys(this.ports).join(", ")}`);
    return port;
  }

  /** A path of its admin listener. */
  url(path: string): string {
    return `http://127.0.0.1:${this.port("admin")}${path}`;
  }

  /** Where its configuration and its ports file are. */
  get folder(): string {
    return this.#folder.path;
  }
  get output(): string {
    return this.child.text;
  }
  get log(): string {
    return this.child.errors;
  }
  get ended(): Promise<Ending> {
    return this.child.ended;
  }

  /** Resolves when a line of the log has this text as its message. */
  async logged(message: string): Promise<void> {
    const line = `"msg":${JSON.stringify(message)}`;
    await this.child.until(`${message} in the log`, () => (this.child.errors.includes(line) ? true : null));
  }

  async clients(): Promise<ClientRow[]> {
    const response = await fetch(this.url("/api/v1/clients?limit=1000"));
    const { clients } = (await response.json()) as { clients: ClientRow[] };
    return clients;
  }

  /** The row of a client, once `isWanted` holds for it. */
  async client(name: string, isWanted: (row: ClientRow) => boolean = () => true): Promise<ClientRow> {
    return eventually(`client ${name} in /api/v1/clients`, async () => {
      return (await this.clients()).find((row) => row.client === name && isWanted(row)) ?? null;
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.signal(name);
  }

  /** Ends it as an operator does. */
  async stop(): Promise<Ending> {
    try {
      return await this.child.stop();
    } finally {
      this.#folder.remove();
    }
  }
}
