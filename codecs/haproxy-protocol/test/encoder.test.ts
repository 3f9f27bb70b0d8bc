import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, Family, ProxyEncoder, ProxyEndpoint, ProxyHeader, Tlv, TlvType, Transport } from "haproxy-protocol";
import { toHex } from "./fixtures.ts";

const encoder = new ProxyEncoder();
const source = ProxyEndpoint.inet("192.0.2.7", 56_324);
const destination = ProxyEndpoint.inet("198.51.100.9", 1883);
const source6 = ProxyEndpoint.inet("2001:db8::7", 56_324);
const unix = ProxyEndpoint.unix("/run/gateway.sock");
const empty = new Uint8Array(0);

const plainV1 = ProxyHeader.v1(source, destination);
const plainV2 = ProxyHeader.v2(source, destination, Transport.Stream);

function line(header: ProxyHeader): string {
  return new TextDecoder().decode(encoder.encode(header));
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function changed(header: ProxyHeader, over: Partial<ProxyHeader>): ProxyHeader {
  const fields: ProxyHeader = Object.assign({}, header, over);
  const { version, command, family, transport, skipped, tlvs } = fields;
  return new ProxyHeader(version, command, family, transport, fields.source, fields.destination, skipped, tlvs);
}

function v1(over: Partial<ProxyHeader>): ProxyHeader {
  return changed(plainV1, over);
}

function v2(over: Partial<ProxyHeader>): ProxyHeader {
  return changed(plainV2, over);
}

test("version 1 lines", () => {
  assert.equal(line(ProxyHeader.v1(source, destination)), "PROXY TCP4 192.0.2.7 198.51.100.9 56324 1883\r\n");
  assert.equal(line(ProxyHeader.v1(source6, source6)), "PROXY TCP6 2001:db8::7 2001:db8::7 56324 56324\r\n");
  assert.equal(line(ProxyHeader.v1Unknown()), "PROXY UNKNOWN\r\n");
});

test("a header is written where the caller says, and nowhere else", () => {
  for (const header of [plainV1, plainV2]) {
    const size = encoder.sizeOf(header);
    const target = new Uint8Array(size + 10).fill(0xaa);
    assert.equal(encoder.write(header, target, 4), 4 + size);
    assert.deepEqual(target.subarray(4, 4 + size), encoder.encode(header));
    assert.equal(toHex(target.subarray(0, 4)) + toHex(target.subarray(4 + size)), "aa".repeat(10));
  }
});

test("the checksum is computed over the header alone, wherever it is written", () => {
  const tlvs = [Tlv.text(TlvType.Authority, "gw.example"), Tlv.crc32c(), new Tlv(TlvType.Noop, empty)];
  const header = ProxyHeader.v2(source, destination, Transport.Stream, tlvs);
  const target = new Uint8Array(200).fill(0x55);
  const end = encoder.write(header, target, 7);
  assert.deepEqual(target.subarray(7, end), encoder.encode(header));
  assert.deepEqual(header.tlvs[1]!.value, new Uint8Array(4), "the frame itself is not written to");
});

test("a frame that its version cannot say is refused", () => {
  const unknown = { family: Family.Unspec, transport: Transport.Unspec, source: null, destination: null };
  const frames: readonly (readonly [why: string, frame: ProxyHeader])[] = [
    ["addresses in LOCAL", v2({ command: Command.Local })],
    ["no source", v2({ source: null })],
    ["no destination", v2({ destination: null })],
    ["two families", v2({ destination: source6 })],
    ["another family than the addresses'", v2({ family: Family.Inet6 })],
    ["addresses in an unknown family", v2({ family: 9 })],
    ["a family of five bits", v2({ ...unknown, family: 16 })],
    ["a transport of five bits", v2({ ...unknown, transport: -1 })],
    ["skipped bytes beside addresses", v2({ skipped: Uint8Array.of(1) })],
    ["a type of nine bits", v2({ tlvs: [new Tlv(256, empty)] })],
    ["a value of 65,536 bytes", v2({ tlvs: [new Tlv(4, new Uint8Array(65_536))] })],
    ["a header of more than 65,551 bytes", v2({ tlvs: [new Tlv(4, new Uint8Array(65_530))] })],
    ["a unique id of 129 bytes", v2({ tlvs: [new Tlv(TlvType.UniqueId, new Uint8Array(129))] })],
    ["two checksums", v2({ tlvs: [Tlv.crc32c(), Tlv.crc32c()] })],
    ["a checksum of two bytes", v2({ tlvs: [new Tlv(TlvType.Crc32c, new Uint8Array(2))] })],
    ["version 1: LOCAL", v1({ command: Command.Local })],
    ["version 1: TLVs", v1({ tlvs: [Tlv.crc32c()] })],
    ["version 1: UNIX", ProxyHeader.v1(unix, unix)],
    ["version 1: two families", ProxyHeader.v1(source, source6)],
    ["version 1: datagrams", v1({ transport: Transport.Datagram })],
    ["version 1: another family than the addresses'", v1({ family: Family.Inet6 })],
    ["version 1: skipped bytes beside addresses", v1({ skipped: text(" x") })],
    ["version 1: one address", v1({ destination: null })],
    ["version 1: a family without addresses", v1({ source: null, destination: null })],
    ["version 1: UNKNOWN run into another word", v1({ ...unknown, skipped: text("X") })],
    ["version 1: UNKNOWN with a line end inside", v1({ ...unknown, skipped: text(" a\r\nb") })],
    ["version 1: UNKNOWN of 108 bytes", v1({ ...unknown, skipped: text(" ".repeat(93)) })],
  ];
  for (const [why, frame] of frames) assert.throws(() => encoder.encode(frame), RangeError, why);
});

test("no room is an error before a byte is written", () => {
  const target = new Uint8Array(20);
  assert.throws(() => encoder.write(plainV2, target, 0), RangeError);
  assert.throws(() => encoder.write(plainV1, target, 0), RangeError);
  assert.deepEqual(target, new Uint8Array(20));
});

test("endpoints that are none cannot be made", () => {
  for (const address of ["", "192.0.2", "localhost", "::1%lo", "/run/x"]) {
    assert.throws(() => ProxyEndpoint.inet(address, 1), RangeError, address);
  }
  for (const port of [-1, 65_536, 1.5, Number.NaN]) {
    assert.throws(() => ProxyEndpoint.inet("192.0.2.7", port), RangeError, String(port));
  }
  assert.throws(() => ProxyEndpoint.unix("p".repeat(109)), RangeError);
  assert.throws(() => new ProxyEndpoint(Family.Unix, new Uint8Array(108), 1), RangeError);
  assert.throws(() => new ProxyEndpoint(Family.Inet, new Uint8Array(16), 1), RangeError);
  assert.equal(ProxyEndpoint.unix("p".repeat(108)).address, "p".repeat(108));
});
