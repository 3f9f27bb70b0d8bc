import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeFault, NO_PROXY_HEADER, ProxyDecoder, ProxyHeader, Tlv } from "haproxy-protocol";
import { ProxyEncoder, ProxyEndpoint, TlvType, Transport } from "haproxy-protocol";
import { DEFAULT_MAX_FRAME, loadFixtures, plainHeader, plainReads, toHex } from "./fixtures.ts";
import { cutEvery } from "./reading.ts";

const source = ProxyEndpoint.inet("192.0.2.7", 56_324);
const destination = ProxyEndpoint.inet("198.51.100.9", 1883);
const plain = new ProxyEncoder().encode(ProxyHeader.v2(source, destination, Transport.Stream));

for (const { name, bytes, expected } of loadFixtures()) {
  test(`vector ${name}`, () => {
    const decoder = new ProxyDecoder(expected.maxFrame ?? DEFAULT_MAX_FRAME);
    decoder.push(bytes);
    const answer = decoder.next();
    assert.equal(decoder.next(), null);
    assert.equal(toHex(decoder.rest()), expected.rest ?? "");
    if (expected.outcome === "incomplete") {
      assert.equal(answer, null);
    } else if (expected.outcome === "none") {
      assert.equal(answer, NO_PROXY_HEADER);
    } else if (expected.outcome === "fault") {
      assert.ok(answer instanceof DecodeFault);
      assert.equal(answer.code, expected.code);
      assert.equal(answer.resumable, false);
    } else {
      assert.ok(answer instanceof ProxyHeader);
      assert.deepEqual(plainHeader(answer), expected.header);
      assert.deepEqual(plainReads(answer), expected.reads);
    }
  });
}

test("maxFrame is required and is a number of bytes that holds a head", () => {
  for (const maxFrame of [0, 15, 107.5, Number.NaN, Infinity, -1]) {
    assert.throws(() => new ProxyDecoder(maxFrame), RangeError);
  }
  assert.ok(new ProxyDecoder(16) instanceof ProxyDecoder);
});

test("a header longer than maxFrame is refused by its length field, before it is there", () => {
  const head = plain.slice(0, 16);
  head[14] = 0xff;
  head[15] = 0xff;
  const decoder = new ProxyDecoder(65_550);
  decoder.push(head);
  const fault = decoder.next();
  assert.ok(fault instanceof DecodeFault);
  assert.equal(fault.code, "PROXY_TOO_LARGE");
});

test("the longest header of version 2 is read under a budget that allows it", () => {
  const noise = new Tlv(TlvType.Noop, new Uint8Array(65_535 - 12 - 3));
  const bytes = new ProxyEncoder().encode(ProxyHeader.v2(source, destination, Transport.Stream, [noise]));
  assert.equal(bytes.length, 65_551);
  const decoder = new ProxyDecoder(65_551);
  for (const piece of cutEvery(bytes, 1000)) {
    assert.equal(decoder.next(), null);
    decoder.push(piece);
  }
  const header = decoder.next();
  assert.ok(header instanceof ProxyHeader);
  assert.equal(header.tlvs[0]!.value.length, noise.value.length);
});

test("a stream that is no header is known by its first wrong byte", () => {
  const texts: readonly (readonly [text: string, decidedAt: number])[] = [
    ["\x10\x0c\0\x04MQTT", 1],
    ["~\x02\0", 1],
    ["POST / HTTP/1.1\r\n", 2],
    ["PROPFIND / HTTP/1.1\r\n", 4],
    ["PROXIMA", 5],
    ["\r\n\r\n\0\r\nQUIP", 11],
  ];
  for (const [text, decidedAt] of texts) {
    const decoder = new ProxyDecoder(DEFAULT_MAX_FRAME);
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    for (let at = 0; at < decidedAt; at++) {
      assert.equal(decoder.next(), null);
      assert.equal(decoder.rest().length, 0);
      decoder.push(bytes.subarray(at, at + 1));
    }
    assert.equal(decoder.next(), NO_PROXY_HEADER, text);
    assert.deepEqual(decoder.rest(), bytes.subarray(0, decidedAt));
  }
});

test("payload behind the header, and a stream without one, are handed on without a copy", () => {
  const chunk = Uint8Array.of(...plain, 1, 2, 3);
  const withHeader = new ProxyDecoder(DEFAULT_MAX_FRAME);
  withHeader.push(chunk);
  assert.ok(withHeader.next() instanceof ProxyHeader);
  const rest = withHeader.rest();
  assert.deepEqual(rest, Uint8Array.of(1, 2, 3));
  assert.equal(rest.buffer, chunk.buffer);

  const cut = new ProxyDecoder(DEFAULT_MAX_FRAME);
  cut.push(chunk.subarray(0, 20));
  assert.equal(cut.next(), null);
  const second = chunk.slice(20);
  cut.push(second);
  assert.ok(cut.next() instanceof ProxyHeader);
  assert.equal(cut.rest().buffer, second.buffer);

  const without = new ProxyDecoder(DEFAULT_MAX_FRAME);
  without.push(chunk.subarray(1));
  assert.equal(without.next(), NO_PROXY_HEADER);
  assert.equal(without.rest().buffer, chunk.buffer);
});

test("bytes that come later are given later, and only once", () => {
  const decoder = new ProxyDecoder(DEFAULT_MAX_FRAME);
  decoder.push(plain);
  assert.ok(decoder.next() instanceof ProxyHeader);
  assert.equal(decoder.rest().length, 0);
  decoder.push(Uint8Array.of(1, 2));
  decoder.push(new Uint8Array(0));
  decoder.push(Uint8Array.of(3));
  assert.equal(decoder.next(), null);
  assert.deepEqual(decoder.rest(), Uint8Array.of(1, 2, 3));
  assert.equal(decoder.rest().length, 0);
});

test("after a fault nothing is kept", () => {
  const decoder = new ProxyDecoder(DEFAULT_MAX_FRAME);
  decoder.push(new TextEncoder().encode("PROXY TCP9 "));
  assert.ok(decoder.next() instanceof DecodeFault);
  decoder.push(plain);
  assert.equal(decoder.next(), null);
  assert.equal(decoder.rest().length, 0);
});

test("a header owns its bytes: neither the chunk's next use nor its memory is its concern", () => {
  // A class whose `slice` gives views, as the buffers of some sockets do.
  class Chunk extends Uint8Array<ArrayBuffer> {
    override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
      return this.subarray(start, end);
    }
  }
  const slab = new ArrayBuffer(65_536);
  const header = ProxyHeader.v2(source, destination, Transport.Stream, [Tlv.text(TlvType.Authority, "gw.example")]);
  const bytes = new ProxyEncoder().encode(header);
  const chunk = new Chunk(slab, 100, bytes.length);
  chunk.set(bytes);
  const decoder = new ProxyDecoder(DEFAULT_MAX_FRAME);
  decoder.push(chunk);
  const read = decoder.next();
  assert.ok(read instanceof ProxyHeader);
  chunk.fill(0);
  assert.deepEqual(plainHeader(read), plainHeader(header));
  assert.ok(read.tlvs[0]!.value.buffer.byteLength < 100);
  assert.ok(read.source!.bytes.buffer.byteLength < 100);
});
