// Headers as an encoder can write them, for the property tests.

import * as fc from "fast-check";
import { Command, Family, ProxyEndpoint, ProxyHeader, SslTlvType, Tlv, TlvType, Transport } from "haproxy-protocol";
import type { AddressFamily } from "haproxy-protocol";

const port = fc.integer({ min: 0, max: 65_535 });
const octet = fc.oneof(fc.constant(0), fc.constant(255), fc.integer({ min: 0, max: 255 }));

function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.array(octet, { minLength: length, maxLength: length }).map((octets) => Uint8Array.from(octets));
}

const mapped = bytesOf(4).map((ipv4) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ipv4));

export const ipv6Bytes: fc.Arbitrary<Uint8Array> = fc.oneof(bytesOf(16), mapped);

function endpointOf(family: AddressFamily): fc.Arbitrary<ProxyEndpoint> {
  if (family === Family.Unix) return bytesOf(108).map((bytes) => new ProxyEndpoint(family, bytes, 0));
  const address = family === Family.Inet ? bytesOf(4) : ipv6Bytes;
  return fc.tuple(address, port).map(([bytes, number]) => new ProxyEndpoint(family, bytes, number));
}

function endpointsOf(families: readonly AddressFamily[]): fc.Arbitrary<[ProxyEndpoint, ProxyEndpoint]> {
  return fc.constantFrom(...families).chain((family) => fc.tuple(endpointOf(family), endpointOf(family)));
}

const plainTlv = fc
  .tuple(
    fc.constantFrom(
      TlvType.Alpn,
      TlvType.Authority,
      TlvType.Noop,
      TlvType.UniqueId,
      TlvType.Netns,
      TlvType.Aws,
      TlvType.Azure,
      TlvType.Gcp,
      0x00,
      0xff,
    ),
    fc.uint8Array({ maxLength: 24 }),
  )
  .map(([type, value]) => new Tlv(type, value));

const sslTlv = fc
  .tuple(
    fc.integer({ min: 0, max: 255 }),
    fc.nat(0xffff_ffff),
    fc.array(
      fc
        .tuple(fc.constantFrom(...Object.values(SslTlvType)), fc.uint8Array({ maxLength: 12 }))
        .map(([type, value]) => new Tlv(type, value)),
      { maxLength: 4 },
    ),
  )
  .map(([client, verify, tlvs]) => Tlv.ssl(client, verify, tlvs));

const tlvs = fc
  .tuple(fc.array(fc.oneof(plainTlv, sslTlv), { maxLength: 5 }), fc.option(fc.nat(5), { nil: null }))
  .map(([list, checksumAt]) => (checksumAt === null ? list : list.toSpliced(checksumAt, 0, Tlv.crc32c())));

const v1 = endpointsOf([Family.Inet, Family.Inet6]).map(([source, destination]) => ProxyHeader.v1(source, destination));

const v2 = fc
  .tuple(
    endpointsOf([Family.Inet, Family.Inet6, Family.Unix]),
    fc.constantFrom(Transport.Stream, Transport.Datagram),
    tlvs,
  )
  .map(([[source, destination], transport, list]) => ProxyHeader.v2(source, destination, transport, list));

const skipped = fc
  .tuple(fc.integer({ min: 4, max: 15 }), fc.integer({ min: 0, max: 15 }), fc.uint8Array({ maxLength: 60 }))
  .map(([family, transport, bytes]) => new ProxyHeader(2, Command.Proxy, family, transport, null, null, bytes, []));

export const headers: fc.Arbitrary<ProxyHeader> = fc.oneof(
  v1,
  v2,
  tlvs.map((list) => ProxyHeader.v2Local(list)),
  skipped,
  fc.constant(ProxyHeader.v1Unknown()),
);
