// The type-length-value vectors behind the addresses of a version 2 header: kept raw and in order, whatever they are,
// and read with a meaning where one is registered or a cloud's balancer is known to send it.

import { Fault, type DecodeFault } from "./faults.ts";

export const TlvType = {
  Alpn: 0x01,
  Authority: 0x02,
  Crc32c: 0x03,
  Noop: 0x04,
  UniqueId: 0x05,
  Ssl: 0x20,
  Netns: 0x30,
  /** Google Cloud Private Service Connect: 64-bit connection id. */
  Gcp: 0xe0,
  /** Amazon Web Services; its first byte is a subtype. */
  Aws: 0xea,
  /** Microsoft Azure; its first byte is a subtype. */
  Azure: 0xee,
} as const;

/** Types inside the SSL TLV. */
export const SslTlvType = {
  Version: 0x21,
  CommonName: 0x22,
  Cipher: 0x23,
  SignatureAlgorithm: 0x24,
  KeyAlgorithm: 0x25,
  Group: 0x26,
  SignatureScheme: 0x27,
  ClientCertificate: 0x28,
} as const;

/** Bits of the SSL TLV's first byte. */
export const SslClient = {
  /** The client connected over TLS. */
  Tls: 0x01,
  /** It gave a certificate on this connection. */
  CertificateOnConnection: 0x02,
  /** It gave a certificate at least once in the TLS session of this connection. */
  CertificateInSession: 0x04,
} as const;

const REGISTERED: readonly number[] = Object.freeze([
  TlvType.Alpn,
  TlvType.Authority,
  TlvType.Crc32c,
  TlvType.Noop,
  TlvType.UniqueId,
  TlvType.Ssl,
  TlvType.Netns,
]);

export const CRC32C_BYTES = 4;
export const UNIQUE_ID_MAX_BYTES = 128;
export const TLV_VALUE_MAX_BYTES = 65_535;
const TLV_HEAD_BYTES = 3;
/** client (1) and verify (4). */
const SSL_HEAD_BYTES = 5;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** One vector as it is on the wire. */
export class Tlv {
  /** 0…255; see `TlvType` and `SslTlvType` for those with a meaning here. */
  readonly type: number;
  readonly value: Uint8Array;

  constructor(type: number, value: Uint8Array) {
    this.type = type;
    this.value = value;
  }

  static text(type: number, text: string): Tlv {
    return new Tlv(type, encoder.encode(text));
  }

  /** Room for the checksum, which the encoder computes and puts there. */
  static crc32c(): Tlv {
    return new Tlv(TlvType.Crc32c, new Uint8Array(CRC32C_BYTES));
  }

  /**
   * @param client `SslClient` bits
   * @param verify 0 when the client's certificate was verified
   */
  static ssl(client: number, verify: number, tlvs: readonly Tlv[]): Tlv {
    const value = new Uint8Array(SSL_HEAD_BYTES + sizeOfTlvs(tlvs));
    value[0] = client;
    viewOf(value).setUint32(1, verify);
    writeTlvs(tlvs, value, SSL_HEAD_BYTES);
    return new Tlv(TlvType.Ssl, value);
  }
}

/**
 * What the proxy says of the client's TLS connection. Text that is not UTF-8, or holds U+0000, reads as null, so that
 * nobody compares half a name; the bytes stay in `tlvs`.
 */
export class ProxySsl {
  /** `SslClient` bits. */
  readonly client: number;
  /** 0: verified, *if* there is a certificate; proxies send 0 without one, too. See `isVerified`. */
  readonly verify: number;
  readonly tlvs: readonly Tlv[];

  constructor(client: number, verify: number, tlvs: readonly Tlv[]) {
    this.client = client;
    this.verify = verify;
    this.tlvs = tlvs;
  }

  get isTls(): boolean {
    return (this.client & SslClient.Tls) !== 0;
  }
  /** The client gave a certificate, now or earlier in its TLS session. */
  get hasCertificate(): boolean {
    return (this.client & (SslClient.CertificateOnConnection | SslClient.CertificateInSession)) !== 0;
  }
  /** Only then is `commonName` more than the client's own word. */
  get isVerified(): boolean {
    return this.isTls && this.hasCertificate && this.verify === 0;
  }
  /** "TLSv1.3". */
  get version(): string | null {
    return textOf(this.tlvs, SslTlvType.Version);
  }
  /** Common name of the client certificate's subject. */
  get commonName(): string | null {
    return textOf(this.tlvs, SslTlvType.CommonName);
  }
  /** "ECDHE-RSA-AES128-GCM-SHA256". */
  get cipher(): string | null {
    return textOf(this.tlvs, SslTlvType.Cipher);
  }
  /** Of the proxy's own certificate: "RSA-SHA256". */
  get signatureAlgorithm(): string | null {
    return textOf(this.tlvs, SslTlvType.SignatureAlgorithm);
  }
  /** Of the proxy's own certificate: "RSA2048". */
  get keyAlgorithm(): string | null {
    return textOf(this.tlvs, SslTlvType.KeyAlgorithm);
  }
  /** Key exchange group: "X25519". */
  get group(): string | null {
    return textOf(this.tlvs, SslTlvType.Group);
  }
  /** Of the handshake: "rsa_pss_rsae_sha256". */
  get signatureScheme(): string | null {
    return textOf(this.tlvs, SslTlvType.SignatureScheme);
  }
  /** The client's certificate, X.509 in DER. */
  get clientCertificate(): Uint8Array | null {
    return valueOf(this.tlvs, SslTlvType.ClientCertificate);
  }
}

/** bytes[start…end) as vectors (values are views); null when one of them reaches past the end. */
export function readTlvs(bytes: Uint8Array, start: number, end: number): Tlv[] | null {
  const tlvs: Tlv[] = [];
  let at = start;
  while (at < end) {
    if (end - at < TLV_HEAD_BYTES) return null;
    const valueStart = at + TLV_HEAD_BYTES;
    const valueEnd = valueStart + ((bytes[at + 1]! << 8) | bytes[at + 2]!);
    if (valueEnd > end) return null;
    tlvs.push(new Tlv(bytes[at]!, bytes.subarray(valueStart, valueEnd)));
    at = valueEnd;
  }
  return tlvs;
}

export function sizeOfTlvs(tlvs: readonly Tlv[]): number {
  let size = 0;
  for (const tlv of tlvs) size += TLV_HEAD_BYTES + tlv.value.length;
  return size;
}

/** Returns the end offset. Throws RangeError on what no vector can be. */
export function writeTlvs(tlvs: readonly Tlv[], target: Uint8Array, start: number): number {
  let at = start;
  for (const { type, value } of tlvs) {
    if (!Number.isInteger(type) || type < 0 || type > 0xff) throw new RangeError(`TLV type ${type}`);
    if (value.length > TLV_VALUE_MAX_BYTES) throw new RangeError(`TLV value of ${value.length} bytes`);
    target[at] = type;
    target[at + 1] = value.length >>> 8;
    target[at + 2] = value.length & 0xff;
    target.set(value, at + TLV_HEAD_BYTES);
    at += TLV_HEAD_BYTES + value.length;
  }
  return at;
}

/** One of the types that the specification itself registers at the top level. */
export function isRegistered(type: number | undefined): boolean {
  return type !== undefined && REGISTERED.includes(type);
}

/** What is wrong with the values of the registered types; null when nothing is. The checksum itself is not compared. */
export function checkTlvs(tlvs: readonly Tlv[]): DecodeFault | null {
  let checksums = 0;
  for (const { type, value } of tlvs) {
    if (type === TlvType.Crc32c) {
      checksums++;
      // Two sums cannot both be taken with "the" field as zeros.
      if (value.length !== CRC32C_BYTES || checksums > 1) return Fault.v2TlvValue;
    } else if (type === TlvType.UniqueId) {
      if (value.length > UNIQUE_ID_MAX_BYTES) return Fault.v2TlvValue;
    } else if (type === TlvType.Ssl) {
      if (value.length < SSL_HEAD_BYTES) return Fault.v2TlvValue;
      if (readTlvs(value, SSL_HEAD_BYTES, value.length) === null) return Fault.v2Tlv;
    }
  }
  return null;
}

/** Offset of the checksum's value, for vectors that begin at `start`; -1 when there is none. */
export function crc32cOffset(tlvs: readonly Tlv[], start: number): number {
  let at = start;
  for (const { type, value } of tlvs) {
    at += TLV_HEAD_BYTES;
    if (type === TlvType.Crc32c) return at;
    at += value.length;
  }
  return -1;
}

/** Value of the first vector of that type. */
export function valueOf(tlvs: readonly Tlv[], type: number): Uint8Array | null {
  for (const tlv of tlvs) if (tlv.type === type) return tlv.value;
  return null;
}

/** The same as text; null also when it is not UTF-8 or holds U+0000. */
export function textOf(tlvs: readonly Tlv[], type: number): string | null {
  const value = valueOf(tlvs, type);
  return value === null ? null : decodeText(value);
}

/** Value of the first vector of that type whose first byte is `subtype`, without that byte. */
export function subtypeValueOf(tlvs: readonly Tlv[], type: number, subtype: number): Uint8Array | null {
  for (const tlv of tlvs) {
    if (tlv.type === type && tlv.value.length > 0 && tlv.value[0] === subtype) return tlv.value.subarray(1);
  }
  return null;
}

export function sslOf(tlvs: readonly Tlv[]): ProxySsl | null {
  const value = valueOf(tlvs, TlvType.Ssl);
  if (value === null || value.length < SSL_HEAD_BYTES) return null;
  const inner = readTlvs(value, SSL_HEAD_BYTES, value.length);
  return inner === null ? null : new ProxySsl(value[0]!, viewOf(value).getUint32(1), inner);
}

/** Null when it is not UTF-8 or holds U+0000. Ill-formed bytes do not survive the way there and back; nothing throws. */
export function decodeText(value: Uint8Array): string | null {
  const text = decoder.decode(value);
  const again = encoder.encode(text);
  if (again.length !== value.length) return null;
  for (let i = 0; i < value.length; i++) {
    if (value[i] === 0 || value[i] !== again[i]) return null;
  }
  return text;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
