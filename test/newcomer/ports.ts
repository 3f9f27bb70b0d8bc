// The ports that the README names. Where one of them is taken on this machine, all are replaced by free ones, in what is
// run, in what is expected, and by the environment in what the gateway does without a configuration.

import { createServer } from "node:net";
import { once } from "node:events";

import { freePort } from "../processes/free-port.ts";

/** By what of the gateway's configuration each of them is; null: it is the page's. */
const USUAL: readonly (readonly [port: number, variable: string | null])[] = [
  [1883, "TRIBUTARY__ADAPTERS__MQTT__LISTENERS__0__PORT"],
  [8083, "TRIBUTARY__ADAPTERS__WEBSOCKET__LISTENERS__0__PORT"],
  [8080, "TRIBUTARY__ADAPTERS__HTTP__LISTENERS__0__PORT"],
  [6808, "TRIBUTARY__ADAPTERS__JT808__LISTENERS__0__PORT"],
  [18083, "TRIBUTARY__ADMIN__PORT"],
  [8090, null],
];

export class Ports {
  readonly environment: Readonly<Record<string, string>>;
  /** In words. */
  readonly description: string;
  readonly #replaced: ReadonlyMap<string, string>;

  private constructor(replaced: ReadonlyMap<string, string>) {
    this.#replaced = replaced;
    const named = USUAL.filter(([port, variable]) => variable !== null && replaced.has(String(port)));
    this.environment = Object.fromEntries(named.map(([port, variable]) => [variable, replaced.get(String(port))]));
    const pairs = [...replaced].map(([from, to]) => `${from} → ${to}`);
    this.description = pairs.length === 0 ? "the usual ports" : `other ports: ${pairs.join(", ")}`;
  }

  static async usualIfFree(): Promise<Ports> {
    for (const [port] of USUAL) if (!(await isFree(port))) return Ports.free();
    return new Ports(new Map());
  }

  static async free(): Promise<Ports> {
    const replaced = new Map<string, string>();
    for (const [port] of USUAL) replaced.set(String(port), String(await freePort()));
    return new Ports(replaced);
  }

  /** What the README says, with these ports in it. */
  in(text: string): string {
    return text.replaceAll(/\d+/g, (number) => this.#replaced.get(number) ?? number);
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
