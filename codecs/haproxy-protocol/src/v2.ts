// Version 2: binary. Everything that the first 16 bytes tell is judged before a byte more is waited for, the byte
// budget above all; the rest is judged when it is there as a whole. The same code reads streams and datagrams.

import { crc32c } from "./crc32c.ts";
import { Fault, type DecodeFault } from "./faults.ts";
import { addressBytesOf, Command, Family, isAddressFamily, ProxyEndpoint, ProxyHeader, Transport } from "./frame.ts";
import type { AddressFamily, Taken } from "./frame.ts";
import {
  checkTlvs,
  crc32cOffset,
  isRegistered,
  readTlvs,
  sizeOfTlvs,
  viewOf,
  writeTlvs,
  UNIQUE_ID_MAX_BYTES,
} from "./tlv.ts";
import { CRC32C_BYTES, TlvType, type Tlv } from "./tlv.ts";

/** Signature, version and command, family and transport, length. */
export const V2_HEAD_BYTES = 16;
export const V2_SIGNATURE: readonly number[] = Object.freeze([
  0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
]);

const VERSION_AT = 12;
const FAMILY_AT = 13;
const LENGTH_AT = 14;
const LENGTH_MAX = 65_535;
const EMPTY = new Uint8Array(0);

/** bytes[0…length) begin with the signature. A number: not decided; no more than that many bytes are of use. */
export function readV2(bytes: Uint8Array, length: number, maxFrame: number): Taken | DecodeFault | number {
  if (length <= VERSION_AT) return V2_HEAD_BYTES;
  const version = bytes[VERSION_AT]! >>> 4;
  const command = bytes[VERSION_AT]! & 0x0f;
  if (version !== 2) return Fault.v2Version;
  if (command !== Command.Local && command !== Command.Proxy) return Fault.v2Command;
  if (length < V2_HEAD_BYTES) return V2_HEAD_BYTES;
  const family = bytes[FAMILY_AT]! >>> 4;
  const transport = bytes[FAMILY_AT]! & 0x0f;
  const end = V2_HEAD_BYTES + ((bytes[LENGTH_AT]! << 8) | bytes[LENGTH_AT + 1]!);
  if (end > maxFrame) return Fault.tooLarge;
  const blockEnd = V2_HEAD_BYTES + addressBlockBytes(family, transport);
  const isAddressed = command === Command.Proxy && carriesAddresses(family, transport);
  if (isAddressed && end < blockEnd) return Fault.v2Length;
  if (length < end) return end;
  const own = new Uint8Array(end); // not `slice`: a subclass may answer with a view of the socket's chunk
  own.set(bytes.subarray(0, end));
  return isAddressed && isAddressFamily(family)
    ? readAddressed(own, family, transport, blockEnd)
    : readSkipped(own, command, family, transport, blockEnd);
}

/** The six combinations of section 2.2 that have addresses to be used. */
function carriesAddresses(family: number, transport: number): boolean {
  return isAddressFamily(family) && (transport === Transport.Stream || transport === Transport.Datagram);
}

/** Two addresses and, in the IP families, two ports; Infinity where nobody can know. */
function addressBlockBytes(family: number, transport: number): number {
  if (family === Family.Unspec && transport <= Transport.Datagram) return 0;
  if (!isAddressFamily(family) || !carriesAddresses(family, transport)) return Infinity;
  const ports = family === Family.Unix ? 0 : 4;
  return 2 * addressBytesOf(family) + ports;
}

function readAddressed(
  own: Uint8Array,
  family: AddressFamily,
  transport: number,
  blockEnd: number,
): Taken | DecodeFault {
  const tlvs = readTlvs(own, blockEnd, own.length);
  if (tlvs === null) return Fault.v2Tlv;
  const wrong = checkTlvs(tlvs) ?? checkSum(own, tlvs, blockEnd);
  if (wrong !== null) return wrong;
  const size = addressBytesOf(family);
  const portsAt = V2_HEAD_BYTES + 2 * size;
  const view = viewOf(own);
  const hasPorts = family !== Family.Unix;
  const source = new ProxyEndpoint(
    family,
    own.subarray(V2_HEAD_BYTES, V2_HEAD_BYTES + size),
    hasPorts ? view.getUint16(portsAt) : 0,
  );
  const destination = new ProxyEndpoint(
    family,
    own.subarray(V2_HEAD_BYTES + size, portsAt),
    hasPorts ? view.getUint16(portsAt + 2) : 0,
  );
  return {
    header: new ProxyHeader(2, Command.Proxy, family, transport, source, destination, EMPTY, tlvs),
    end: own.length,
  };
}

/**
 * LOCAL, or a family or transport that is unspecified or unknown: valid whatever the block holds, and skipped by its
 * length. What reads as a chain of TLVs is taken as one; otherwise no byte of the block has a meaning.
 */
function readSkipped(
  own: Uint8Array,
  command: Command,
  family: number,
  transport: number,
  blockEnd: number,
): Taken | DecodeFault {
  const tlvsAt = command === Command.Local && beginsWithTlvs(own) ? V2_HEAD_BYTES : blockEnd;
  const tlvs = tlvsAt <= own.length ? readTlvs(own, tlvsAt, own.length) : null;
  if (tlvs !== null) {
    const wrong = checkTlvs(tlvs) ?? checkSum(own, tlvs, tlvsAt);
    if (wrong !== null) return wrong;
  }
  const skipped = own.subarray(V2_HEAD_BYTES, tlvs === null ? own.length : tlvsAt);
  const header = new ProxyHeader(2, command, family, transport, null, null, skipped, tlvs ?? []);
  return { header, end: own.length };
}

/**
 * The family of a LOCAL header is to be ignored, and balancers in the field take that at its word: they state TCP over
 * IPv4 and put TLVs where its addresses would be. Their checksum is to be verified all the same.
 */
function beginsWithTlvs(own: Uint8Array): boolean {
  return isRegistered(own[V2_HEAD_BYTES]) && readTlvs(own, V2_HEAD_BYTES, own.length) !== null;
}

/** Section 2.2.3: a header whose checksum is wrong makes the connection invalid. */
function checkSum(own: Uint8Array, tlvs: readonly Tlv[], start: number): DecodeFault | null {
  const at = crc32cOffset(tlvs, start);
  if (at < 0) return null;
  return crc32c(own, 0, own.length, at) === viewOf(own).getUint32(at) ? null : Fault.v2Crc32c;
}

export function sizeOfV2(header: ProxyHeader): number {
  const { source, destination } = header;
  const addresses = source === null || destination === null ? header.skipped.length : 2 * endpointBytes(source);
  return V2_HEAD_BYTES + addresses + sizeOfTlvs(header.tlvs);
}

function endpointBytes(endpoint: ProxyEndpoint): number {
  return endpoint.bytes.length + (endpoint.family === Family.Unix ? 0 : 2);
}

/** Returns the end offset. Computes the checksum when the header lists one. Throws RangeError on what no header can be. */
export function writeV2(header: ProxyHeader, target: Uint8Array, start: number): number {
  assertWritable(header);
  const size = sizeOfV2(header);
  if (size > V2_HEAD_BYTES + LENGTH_MAX) throw new RangeError(`header of ${size} bytes`);
  const frame = target.subarray(start, start + size);
  if (frame.length < size) throw new RangeError(`header of ${size} bytes for ${frame.length}`);
  const view = viewOf(frame);
  frame.set(V2_SIGNATURE);
  frame[VERSION_AT] = 0x20 | header.command;
  frame[FAMILY_AT] = (header.family << 4) | header.transport;
  view.setUint16(LENGTH_AT, size - V2_HEAD_BYTES);
  const tlvsAt = writeBlock(header, frame, view);
  writeTlvs(header.tlvs, frame, tlvsAt);
  const sumAt = crc32cOffset(header.tlvs, tlvsAt);
  if (sumAt >= 0) view.setUint32(sumAt, crc32c(frame, 0, size, sumAt));
  return start + size;
}

function writeBlock(header: ProxyHeader, frame: Uint8Array, view: DataView): number {
  const { source, destination, skipped } = header;
  if (source === null || destination === null) {
    frame.set(skipped, V2_HEAD_BYTES);
    return V2_HEAD_BYTES + skipped.length;
  }
  const size = source.bytes.length;
  frame.set(source.bytes, V2_HEAD_BYTES);
  frame.set(destination.bytes, V2_HEAD_BYTES + size);
  const portsAt = V2_HEAD_BYTES + 2 * size;
  if (source.family === Family.Unix) return portsAt;
  view.setUint16(portsAt, source.port);
  view.setUint16(portsAt + 2, destination.port);
  return portsAt + 4;
}

function assertWritable(header: ProxyHeader): void {
  const { command, family, transport, source, destination, skipped, tlvs } = header;
  if (!isNibble(family) || !isNibble(transport)) throw new RangeError(`family ${family}, transport ${transport}`);
  if (command === Command.Proxy && carriesAddresses(family, transport)) {
    if (source?.family !== family || destination?.family !== family || skipped.length > 0) {
      throw new RangeError("a proxied header has a source and a destination of its family, and nothing beside them");
    }
  } else if (source !== null || destination !== null) {
    throw new RangeError("no addresses in a header that is LOCAL or without a known family and transport");
  }
  let checksums = 0;
  for (const { type, value } of tlvs) {
    if (type === TlvType.UniqueId && value.length > UNIQUE_ID_MAX_BYTES) throw new RangeError("unique id too long");
    if (type !== TlvType.Crc32c) continue;
    checksums++;
    if (checksums > 1 || value.length !== CRC32C_BYTES) throw new RangeError("one checksum, of four bytes");
  }
}

function isNibble(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0x0f;
}
