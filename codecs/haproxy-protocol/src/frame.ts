// What a PROXY header says, in both versions: one frame type, so that whoever reads a header need not know in which of
// the two it came. A frame owns its bytes (at most `maxFrame` of them) and may be kept as long as the connection.

import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./address.ts";
import { decodeText, sslOf, subtypeValueOf, textOf, TlvType, valueOf, viewOf, type ProxySsl, type Tlv } from "./tlv.ts";

export const Command = {
  /** The proxy's own connection (a health check): the real peer is the peer. */
  Local: 0,
  /** On behalf of somebody else. */
  Proxy: 1,
} as const;
export type Command = (typeof Command)[keyof typeof Command];

export const Family = { Unspec: 0, Inet: 1, Inet6: 2, Unix: 3 } as const;
export type AddressFamily = typeof Family.Inet | typeof Family.Inet6 | typeof Family.Unix;

export const Transport = { Unspec: 0, Stream: 1, Datagram: 2 } as const;

const EMPTY = new Uint8Array(0);
const UNIX_PATH_BYTES = 108;
const PORT_MAX = 65_535;

export function isAddressFamily(family: number): family is AddressFamily {
  return family === Family.Inet || family === Family.Inet6 || family === Family.Unix;
}

/** Bytes of one address; a port follows only in the IP families. */
export function addressBytesOf(family: AddressFamily): number {
  if (family === Family.Inet) return 4;
  return family === Family.Inet6 ? 16 : UNIX_PATH_BYTES;
}

/** One end of the proxied connection. */
export class ProxyEndpoint {
  readonly family: AddressFamily;
  /** As on the wire: 4, 16, or 108 bytes. */
  readonly bytes: Uint8Array;
  /** 0…65535; 0 for UNIX sockets. */
  readonly port: number;
  /**
   * IPv4 as four decimals. IPv6 as RFC 5952 has it; a mapped IPv4 address stays IPv6, "::ffff:192.0.2.1". A UNIX
   * path up to its first NUL ("" for unnamed and abstract sockets), with U+FFFD for what is not UTF-8.
   */
  readonly address: string;

  /** Throws RangeError when the number of bytes is not the family's, or the port is none. */
  constructor(family: AddressFamily, bytes: Uint8Array, port: number) {
    if (bytes.length !== addressBytesOf(family)) throw new RangeError(`${bytes.length} bytes for family ${family}`);
    const portMax = family === Family.Unix ? 0 : PORT_MAX;
    if (!Number.isInteger(port) || port < 0 || port > portMax) throw new RangeError(`port ${port}`);
    this.family = family;
    this.bytes = bytes;
    this.port = port;
    this.address = addressOf(family, bytes);
  }

  /** From text: "192.0.2.1" or "2001:db8::1". Throws RangeError on anything else. */
  static inet(address: string, port: number): ProxyEndpoint {
    const ipv4 = parseIpv4(address);
    if (ipv4 !== null) return new ProxyEndpoint(Family.Inet, ipv4, port);
    const ipv6 = parseIpv6(address);
    if (ipv6 !== null) return new ProxyEndpoint(Family.Inet6, ipv6, port);
    throw new RangeError("not an IP address");
  }

  /** Throws RangeError when the path is longer than 108 bytes. */
  static unix(path: string): ProxyEndpoint {
    const encoded = new TextEncoder().encode(path);
    if (encoded.length > UNIX_PATH_BYTES) throw new RangeError(`UNIX path of ${encoded.length} bytes`);
    const bytes = new Uint8Array(UNIX_PATH_BYTES);
    bytes.set(encoded);
    return new ProxyEndpoint(Family.Unix, bytes, 0);
  }
}

function addressOf(family: AddressFamily, bytes: Uint8Array): string {
  if (family === Family.Inet) return formatIpv4(bytes);
  if (family === Family.Inet6) return formatIpv6(bytes);
  const end = bytes.indexOf(0);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Typed readings take the first TLV of their type, and are null where it is absent or not in the form that is known. */
export class ProxyHeader {
  readonly version: 1 | 2;
  readonly command: Command;
  /** High half of the wire's byte 14: a `Family`, or 4…15, which nobody assigned. */
  readonly family: number;
  /** Low half of the wire's byte 14: a `Transport`, or 3…15, which nobody assigned. */
  readonly transport: number;
  /** Who connected to the proxy. Null: unknown, or the proxy itself; the peer of the socket is the peer. */
  readonly source: ProxyEndpoint | null;
  /** What they connected to. Null exactly when `source` is. */
  readonly destination: ProxyEndpoint | null;
  /** What stands in place of the addresses when they are not to be used: kept, without a meaning. */
  readonly skipped: Uint8Array;
  /** All of them, in order, those without a meaning here included. */
  readonly tlvs: readonly Tlv[];

  constructor(
    version: 1 | 2,
    command: Command,
    family: number,
    transport: number,
    source: ProxyEndpoint | null,
    destination: ProxyEndpoint | null,
    skipped: Uint8Array,
    tlvs: readonly Tlv[],
  ) {
    this.version = version;
    this.command = command;
    this.family = family;
    this.transport = transport;
    this.source = source;
    this.destination = destination;
    this.skipped = skipped;
    this.tlvs = tlvs;
  }

  /** `PROXY TCP4 …` or `PROXY TCP6 …`; both ends of one IP family. */
  static v1(source: ProxyEndpoint, destination: ProxyEndpoint): ProxyHeader {
    const { family } = source;
    return new ProxyHeader(1, Command.Proxy, family, Transport.Stream, source, destination, EMPTY, []);
  }

  /** `PROXY UNKNOWN`. */
  static v1Unknown(): ProxyHeader {
    return new ProxyHeader(1, Command.Proxy, Family.Unspec, Transport.Unspec, null, null, EMPTY, []);
  }

  /** On behalf of `source`; `transport` is Stream or Datagram. */
  static v2(
    source: ProxyEndpoint,
    destination: ProxyEndpoint,
    transport: number,
    tlvs: readonly Tlv[] = [],
  ): ProxyHeader {
    return new ProxyHeader(2, Command.Proxy, source.family, transport, source, destination, EMPTY, tlvs);
  }

  /** The proxy's own connection. */
  static v2Local(tlvs: readonly Tlv[] = []): ProxyHeader {
    return new ProxyHeader(2, Command.Local, Family.Unspec, Transport.Unspec, null, null, EMPTY, tlvs);
  }

  /** Application protocol of the client's TLS connection: "mqtt", "h2". */
  get alpn(): string | null {
    return textOf(this.tlvs, TlvType.Alpn);
  }
  /** Host name that the client asked for; with TLS, its SNI. */
  get authority(): string | null {
    return textOf(this.tlvs, TlvType.Authority);
  }
  /** Checksum as it was sent; a decoded header has passed it. */
  get crc32c(): number | null {
    const value = valueOf(this.tlvs, TlvType.Crc32c);
    return value === null || value.length !== 4 ? null : viewOf(value).getUint32(0);
  }
  /** Opaque, at most 128 bytes. */
  get uniqueId(): Uint8Array | null {
    return valueOf(this.tlvs, TlvType.UniqueId);
  }
  get ssl(): ProxySsl | null {
    return sslOf(this.tlvs);
  }
  /** Network name space of the proxy. */
  get netns(): string | null {
    return textOf(this.tlvs, TlvType.Netns);
  }
  /** "vpce-…". */
  get awsVpcEndpointId(): string | null {
    const value = subtypeValueOf(this.tlvs, TlvType.Aws, 1);
    return value === null ? null : decodeText(value);
  }
  /** Link id of the Azure private endpoint, a 32-bit number (little endian on the wire, alone of all). */
  get azurePrivateEndpointLinkId(): number | null {
    const value = subtypeValueOf(this.tlvs, TlvType.Azure, 1);
    return value === null || value.length !== 4 ? null : viewOf(value).getUint32(0, true);
  }
  /** Connection id of Google's Private Service Connect, 64 bits. */
  get gcpPscConnectionId(): bigint | null {
    const value = valueOf(this.tlvs, TlvType.Gcp);
    return value === null || value.length !== 8 ? null : viewOf(value).getBigUint64(0);
  }
}

/** The stream (or datagram) does not begin with a PROXY header. Whether that is allowed is not for a codec to say. */
export const NO_PROXY_HEADER: unique symbol = Symbol("no PROXY header");

/** A header and how many bytes it took. */
export interface Taken {
  readonly header: ProxyHeader;
  readonly end: number;
}
