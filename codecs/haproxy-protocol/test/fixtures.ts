// The vectors of fixtures/, and a header as the plain JSON that their expectations are written in. A vector is two
// files: NAME.hex, the bytes of a stream, and NAME.json, what must be read from them.

import { readdirSync, readFileSync } from "node:fs";
import { ProxyHeader, type ProxyEndpoint, type ProxySsl, type Tlv } from "haproxy-protocol";

export interface Expectation {
  readonly outcome: "header" | "none" | "fault" | "incomplete";
  readonly header?: object;
  /** Typed readings that are not null. */
  readonly reads?: object;
  readonly code?: string;
  /** Hex of what is behind the header. */
  readonly rest?: string;
  /** The header is what an encoder would have written. */
  readonly canonical?: boolean;
  readonly maxFrame?: number;
}

export interface Fixture {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly expected: Expectation;
}

const folder = new URL("../fixtures/", import.meta.url);
export const DEFAULT_MAX_FRAME = 1024;

export function loadFixtures(): Fixture[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".hex"))
    .toSorted()
    .map((file) => {
      const name = file.slice(0, -".hex".length);
      const text = readFileSync(new URL(file, folder), "utf8").replaceAll(/#.*$/gm, "");
      const expected: Expectation = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
      return { name, bytes: fromHex(text.replaceAll(/\s/g, "")), expected };
    });
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function plainHeader(header: ProxyHeader): object {
  return {
    version: header.version,
    command: header.command,
    family: header.family,
    transport: header.transport,
    source: plainEndpoint(header.source),
    destination: plainEndpoint(header.destination),
    skipped: toHex(header.skipped),
    tlvs: plainTlvs(header.tlvs),
  };
}

function plainEndpoint(endpoint: ProxyEndpoint | null): object | null {
  if (endpoint === null) return null;
  const { family, address, port, bytes } = endpoint;
  return { family, address, port, bytes: toHex(bytes) };
}

function plainTlvs(tlvs: readonly Tlv[]): [number, string][] {
  return tlvs.map(({ type, value }) => [type, toHex(value)]);
}

export function plainReads(header: ProxyHeader): object {
  const reads = {
    alpn: header.alpn,
    authority: header.authority,
    crc32c: header.crc32c,
    uniqueId: header.uniqueId === null ? null : toHex(header.uniqueId),
    netns: header.netns,
    ssl: header.ssl === null ? null : plainSsl(header.ssl),
    awsVpcEndpointId: header.awsVpcEndpointId,
    azurePrivateEndpointLinkId: header.azurePrivateEndpointLinkId,
    gcpPscConnectionId: header.gcpPscConnectionId?.toString() ?? null,
  };
  return Object.fromEntries(Object.entries(reads).filter(([, value]) => value !== null));
}

function plainSsl(ssl: ProxySsl): object {
  return {
    client: ssl.client,
    verify: ssl.verify,
    isTls: ssl.isTls,
    hasCertificate: ssl.hasCertificate,
    isVerified: ssl.isVerified,
    version: ssl.version,
    commonName: ssl.commonName,
    cipher: ssl.cipher,
    signatureAlgorithm: ssl.signatureAlgorithm,
    keyAlgorithm: ssl.keyAlgorithm,
    group: ssl.group,
    signatureScheme: ssl.signatureScheme,
    clientCertificate: ssl.clientCertificate === null ? null : toHex(ssl.clientCertificate),
    tlvs: plainTlvs(ssl.tlvs),
  };
}
