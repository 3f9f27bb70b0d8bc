// What is bound, for people (the table at start) and for programs (the ports file).

import { renameSync, writeFileSync } from "node:fs";

import type { BoundListener } from "../core/index.ts";
import { endpointText } from "../net/faults.ts";

export interface ListedListener extends BoundListener {
  /** Adapter, or "admin". */
  readonly adapter: string;
  /** Who gets in, in a word or two. */
  readonly access: string;
}

const HEAD = ["listener", "transport", "address", "TLS", "PROXY", "max connections", "access"];

export function listenerTable(listeners: readonly ListedListener[]): string {
  const rows = listeners.map((listener) => [
    listener.name,
    listener.transport,
    endpointText(listener.host, listener.port),
    listener.secure ? "yes" : "no",
    listener.proxyProtocol,
    String(listener.maxConnections),
    listener.access,
  ]);
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return [HEAD, ...rows].map((row) => `${line(row)}\n`).join("");
}

/** One flat object: an adapter's first listener under its name, the others under `adapter.N`. */
export function portsOf(listeners: readonly BoundListener[]): Record<string, number> {
  return Object.fromEntries(listeners.map((listener) => [listener.name, listener.port]));
}

/** Whoever waits for the file sees all of it or nothing. */
export function writePortsFile(path: string, listeners: readonly BoundListener[]): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(portsOf(listeners))}\n`);
  renameSync(draft, path);
}
