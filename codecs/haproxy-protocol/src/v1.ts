// Version 1: one line of text. Judged byte by byte as far as a line can be, so that a peer that does not speak the
// protocol is told at its first wrong byte and not at a deadline, and so that the verdict is the same however the line
// was cut into segments.

import { parseIpv4, parseIpv6 } from "./address.ts";
import { Fault, type DecodeFault } from "./faults.ts";
import { Command, Family, ProxyEndpoint, ProxyHeader, Transport, type Taken } from "./frame.ts";

/** Longest line, CRLF included (section 2.1 of the specification). */
export const V1_MAX_BYTES = 107;

const WORD_AT = 6;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const PORT = /^(?:0|[1-9][0-9]{0,4})$/;
const PORT_MAX = 65_535;
const PROTOCOLS: readonly string[] = Object.freeze(["TCP4", "TCP6", "UNKNOWN"]);

/** bytes[0…length) begin with "PROXY". A number: not decided; no more than that many bytes are of use. */
export function readV1(bytes: Uint8Array, length: number, maxFrame: number): Taken | DecodeFault | number {
  const limit = Math.min(V1_MAX_BYTES, maxFrame);
  const seen = Math.min(length, limit);
  if (seen > WORD_AT - 1 && bytes[WORD_AT - 1] !== SPACE) return Fault.v1Syntax;
  const protocol = matchProtocol(bytes, seen);
  if (protocol === null) return Fault.v1Protocol;
  const wordEnd = WORD_AT + protocol.length;
  const isUnknown = protocol === "UNKNOWN";
  if (seen > wordEnd && bytes[wordEnd] !== SPACE && !endsAtWord(bytes, wordEnd, seen, isUnknown)) return Fault.v1Syntax;
  for (let at = wordEnd; at < seen; at++) {
    const byte = bytes[at]!;
    if (byte === LF && bytes[at - 1] === CR) {
      return isUnknown ? unknownLine(bytes, wordEnd, at + 1) : addressedLine(bytes, protocol, at + 1);
    }
    if (isUnknown) continue; // whatever stands there is ignored
    if (bytes[at - 1] === CR || (byte !== CR && !isAddressByte(byte))) return Fault.v1Syntax;
  }
  if (seen < limit) return limit;
  return limit < V1_MAX_BYTES ? Fault.tooLarge : Fault.v1TooLong;
}

/** The protocol that the bytes spell, or could still spell; null when none. */
function matchProtocol(bytes: Uint8Array, seen: number): string | null {
  for (const protocol of PROTOCOLS) {
    const end = Math.min(seen, WORD_AT + protocol.length);
    let at = WORD_AT;
    while (at < end && bytes[at] === protocol.charCodeAt(at - WORD_AT)) at++;
    if (at >= end) return protocol;
  }
  return null;
}

/** Nothing has to stand behind UNKNOWN; whatever does is set off by a space. */
function endsAtWord(bytes: Uint8Array, wordEnd: number, seen: number, isUnknown: boolean): boolean {
  return isUnknown && bytes[wordEnd] === CR && (seen === wordEnd + 1 || bytes[wordEnd + 1] === LF);
}

/** What fields of addresses and ports are made of, and the spaces between them. */
function isAddressByte(byte: number): boolean {
  const isDigitOrColon = byte >= 0x30 && byte <= 0x3a;
  const lower = byte | 0x20;
  return isDigitOrColon || byte === 0x2e || byte === SPACE || (lower >= 0x61 && lower <= 0x66);
}

function unknownLine(bytes: Uint8Array, wordEnd: number, end: number): Taken {
  const skipped = new Uint8Array(end - 2 - wordEnd);
  skipped.set(bytes.subarray(wordEnd, end - 2));
  const header = new ProxyHeader(1, Command.Proxy, Family.Unspec, Transport.Unspec, null, null, skipped, []);
  return { header, end };
}

function addressedLine(bytes: Uint8Array, protocol: string, end: number): Taken | DecodeFault {
  const fields = String.fromCharCode(...bytes.subarray(WORD_AT, end - 2)).split(" ");
  if (fields.length !== 5 || fields.includes("")) return Fault.v1Syntax;
  const isInet = protocol === "TCP4";
  const parse = isInet ? parseIpv4 : parseIpv6;
  const source = parse(fields[1]!);
  const destination = parse(fields[2]!);
  if (source === null || destination === null) return Fault.v1Address;
  const sourcePort = parsePort(fields[3]!);
  const destinationPort = parsePort(fields[4]!);
  if (sourcePort < 0 || destinationPort < 0) return Fault.v1Port;
  const family = isInet ? Family.Inet : Family.Inet6;
  const header = ProxyHeader.v1(
    new ProxyEndpoint(family, source, sourcePort),
    new ProxyEndpoint(family, destination, destinationPort),
  );
  return { header, end };
}

/** -1 for what is no port. */
function parsePort(text: string): number {
  const port = PORT.test(text) ? Number(text) : -1;
  return port > PORT_MAX ? -1 : port;
}

/** The line for a header of version 1, CRLF included. Throws RangeError on what version 1 cannot say. */
export function lineOf(header: ProxyHeader): Uint8Array {
  const { command, family, transport, source, destination, skipped, tlvs } = header;
  if (command !== Command.Proxy || tlvs.length > 0) throw new RangeError("version 1 has neither LOCAL nor TLVs");
  const line = source === null || destination === null ? unknownText(header) : addressedText(source, destination);
  if (source !== null && (transport !== Transport.Stream || family !== source.family || skipped.length > 0)) {
    throw new RangeError("version 1 carries the addresses of a stream, and nothing beside them");
  }
  if (line.length > V1_MAX_BYTES) throw new RangeError(`line of ${line.length} bytes`);
  return Uint8Array.from(line, (character) => character.charCodeAt(0));
}

function addressedText(source: ProxyEndpoint, destination: ProxyEndpoint): string {
  const { family } = source;
  if (family === Family.Unix || destination.family !== family) {
    throw new RangeError("version 1 carries two addresses of one IP family");
  }
  const protocol = family === Family.Inet ? "TCP4" : "TCP6";
  return `PROXY ${protocol} ${source.address} ${destination.address} ${source.port} ${destination.port}\r\n`;
}

function unknownText(header: ProxyHeader): string {
  const { family, transport, source, destination, skipped } = header;
  if (family !== Family.Unspec || transport !== Transport.Unspec || source !== destination) {
    throw new RangeError("a header without both addresses is UNKNOWN");
  }
  const rest = String.fromCharCode(...skipped);
  if (rest !== "" && (!rest.startsWith(" ") || rest.includes("\r\n"))) {
    throw new RangeError("what stands behind UNKNOWN begins with a space and is one line");
  }
  return `PROXY UNKNOWN${rest}\r\n`;
}
