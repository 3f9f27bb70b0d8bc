// IP addresses between bytes and text. Reading is strict, because what one reader takes for 10.0.0.8 and another for
// 10.0.0.010 is how access rules are walked around; writing has one form per address, so that rules can compare text.

const IPV4_BYTES = 4;
const IPV6_GROUPS = 8;
const DECIMAL_OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const HEX_GROUP = /^[0-9a-fA-F]{1,4}$/;

/** Four decimal numbers 0…255 without leading zeros, one dot between them; null for anything else. */
export function parseIpv4(text: string): Uint8Array | null {
  const octets = text.split(".", IPV4_BYTES + 1);
  if (octets.length !== IPV4_BYTES) return null;
  const bytes = new Uint8Array(IPV4_BYTES);
  for (let i = 0; i < IPV4_BYTES; i++) {
    const octet = octets[i]!;
    if (!DECIMAL_OCTET.test(octet)) return null;
    const value = Number(octet);
    if (value > 255) return null;
    bytes[i] = value;
  }
  return bytes;
}

/**
 * Eight groups of one to four hex digits, at most one `::` for one or more groups of zeros, and the last two groups
 * possibly as a dotted quad (the C library writes mapped addresses so). No zone, no brackets; null for anything else.
 */
export function parseIpv6(text: string): Uint8Array | null {
  const sides = text.split("::", 3);
  if (sides.length > 2) return null;
  const isShortened = sides.length === 2;
  const left = parseGroups(sides[0]!, !isShortened);
  const right = isShortened ? parseGroups(sides[1]!, true) : [];
  if (left === null || right === null) return null;
  const given = left.length + right.length;
  if (isShortened ? given >= IPV6_GROUPS : given !== IPV6_GROUPS) return null;
  const bytes = new Uint8Array(2 * IPV6_GROUPS);
  putGroups(left, bytes, 0);
  putGroups(right, bytes, bytes.length - 2 * right.length);
  return bytes;
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === "") return [];
  const parts = text.split(":", IPV6_GROUPS + 1);
  const groups: number[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (HEX_GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const quad = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4(part) : null;
    if (quad === null) return null;
    groups.push((quad[0]! << 8) | quad[1]!, (quad[2]! << 8) | quad[3]!);
  }
  return groups;
}

function putGroups(groups: readonly number[], target: Uint8Array, at: number): void {
  for (let i = 0; i < groups.length; i++) {
    target[at + 2 * i] = groups[i]! >>> 8;
    target[at + 2 * i + 1] = groups[i]! & 0xff;
  }
}

export function formatIpv4(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** The canonical text of RFC 5952: lower case, the longest run of zeros as `::`, ::ffff:0:0/96 with a dotted quad. */
export function formatIpv6(bytes: Uint8Array): string {
  if (isMapped(bytes)) return `::ffff:${formatIpv4(bytes.subarray(12))}`;
  const groups: string[] = [];
  for (let at = 0; at < bytes.length; at += 2) groups.push(((bytes[at]! << 8) | bytes[at + 1]!).toString(16));
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(":"); // RFC 5952 section 4.2.2: a single group of zeros is not shortened
  return `${groups.slice(0, run.start).join(":")}::${groups.slice(run.start + run.length).join(":")}`;
}

function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** The first of the longest runs (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let start = 0;
  let length = 0;
  let current = 0;
  for (let i = 0; i < groups.length; i++) {
    current = groups[i] === "0" ? current + 1 : 0;
    if (current > length) {
      length = current;
      start = i + 1 - current;
    }
  }
  return { start, length };
}
