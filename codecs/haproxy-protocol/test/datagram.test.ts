import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeFault, NO_PROXY_HEADER, ProxyDatagram, ProxyEncoder, ProxyEndpoint } from "haproxy-protocol";
import { ProxyHeader, readProxyDatagram, Transport } from "haproxy-protocol";
import { loadFixtures, plainHeader } from "./fixtures.ts";

const payload = Uint8Array.of(0x40, 0x01, 0x00, 0x01);
const source = ProxyEndpoint.inet("2001:db8::7", 5683);
const header = ProxyHeader.v2(source, source, Transport.Datagram);
const bytes = new ProxyEncoder().encode(header);

function codeOf(datagram: Uint8Array): string {
  const answer = readProxyDatagram(datagram);
  assert.ok(answer instanceof DecodeFault);
  return answer.code;
}

test("the header, and where the payload begins", () => {
  const read = readProxyDatagram(Uint8Array.of(...bytes, ...payload));
  assert.ok(read instanceof ProxyDatagram);
  assert.equal(read.payloadStart, bytes.length);
  assert.deepEqual(plainHeader(read.header), plainHeader(header));
});

test("a header may be all that there is", () => {
  const read = readProxyDatagram(bytes);
  assert.ok(read instanceof ProxyDatagram);
  assert.equal(read.payloadStart, bytes.length);
});

test("a datagram that ends inside its header is refused: nothing follows it", () => {
  for (let end = 12; end < bytes.length; end++) {
    assert.equal(codeOf(bytes.subarray(0, end)), "PROXY_DATAGRAM_TRUNCATED", `cut at ${end}`);
  }
});

test("what does not begin with the signature is payload, however short", () => {
  for (let end = 0; end < 12; end++) assert.equal(readProxyDatagram(bytes.subarray(0, end)), NO_PROXY_HEADER);
  assert.equal(readProxyDatagram(payload), NO_PROXY_HEADER);
});

test("version 1 is for streams: in a datagram it is payload", () => {
  const line = new ProxyEncoder().encode(ProxyHeader.v1(source, source));
  assert.equal(readProxyDatagram(line), NO_PROXY_HEADER);
});

for (const { name, bytes: stream, expected } of loadFixtures()) {
  if (!name.startsWith("v2-") || expected.maxFrame !== undefined) continue;
  test(`vector ${name} in a datagram`, () => {
    const answer = readProxyDatagram(stream);
    if (expected.outcome === "header") {
      assert.ok(answer instanceof ProxyDatagram);
      assert.deepEqual(plainHeader(answer.header), expected.header);
      assert.equal(2 * (stream.length - answer.payloadStart), expected.rest?.length);
    } else {
      assert.ok(answer instanceof DecodeFault);
      assert.equal(answer.code, expected.outcome === "fault" ? expected.code : "PROXY_DATAGRAM_TRUNCATED");
    }
  });
}
