// Datagrams that the kernel dropped because a socket's receive buffer was full. Node does not tell; Linux counts them per
// socket in /proc. Elsewhere nothing is known, and nothing is counted.

import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { endianness } from "node:os";

const TABLES = { udp4: "/proc/net/udp", udp6: "/proc/net/udp6" } as const;

/** How many were dropped since the socket was bound to this address; null where it cannot be known. */
export async function readKernelDrops(address: string, port: number): Promise<number | null> {
  try {
    return kernelDropsIn(await readFile(TABLES[isIPv6(address) ? "udp6" : "udp4"], "latin1"), address, port);
  } catch {
    // Another system, or a container that hides it.
    return null;
  }
}

/** Of the kernel's table: a heading, and a line for each socket; its second word is the address, its last the count. */
export function kernelDropsIn(table: string, address: string, port: number): number | null {
  const wanted = `${kernelAddress(address)}:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of table.split("\n").slice(1)) {
    const words = line.trim().split(/\s+/);
    if (words[1] !== wanted) continue;
    const drops = Number(words.at(-1));
    return Number.isInteger(drops) ? drops : null;
  }
  return null;
}

/** Hex of its 32-bit words, each in the order of this machine's bytes. */
function kernelAddress(address: string): string {
  const bytes = isIPv6(address) ? bytesOfIPv6(address) : Buffer.from(address.split(".").map(Number));
  if (endianness() === "LE") bytes.swap32();
  return bytes.toString("hex").toUpperCase();
}

function bytesOfIPv6(address: string): Buffer {
  const [head = "", tail] = withoutDots(address.split("%")[0] ?? "").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** ::ffff:1.2.3.4 with its last two groups in hex. */
function withoutDots(address: string): string {
  const at = address.lastIndexOf(":") + 1;
  const [a, b, c, d] = address.slice(at).split(".").map(Number);
  if (a === undefined || b === undefined || c === undefined || d === undefined) return address;
  return `${address.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
