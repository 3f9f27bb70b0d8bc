// Who the peer is, step by step: as the socket has it, as a believed PROXY header has it, as the TLS handshake proved it.

import { X509Certificate } from "node:crypto";
import { Family, type ProxyHeader, type ProxySsl } from "haproxy-protocol";
import type { Peer, PeerCertificate } from "../core/index.ts";
import { certificateOf } from "./peer-certificate.ts";

export function directPeer(listener: string, address: string, port: number): Peer {
  return {
    address: plainAddress(address),
    port,
    proxy: null,
    listener,
    secure: false,
    certificate: null,
    serverName: null,
  };
}

/** LOCAL and UNKNOWN headers name nobody: the peer of the socket stays the peer. */
export function proxiedPeer(peer: Peer, header: ProxyHeader): Peer {
  const { source } = header;
  if (source === null) return peer;
  const ssl = header.ssl;
  return {
    address: source.family === Family.Unix ? "" : plainAddress(source.address),
    port: source.port,
    proxy: peer.address,
    listener: peer.listener,
    secure: ssl?.isTls ?? false,
    certificate: ssl === null ? null : proxiedCertificate(ssl),
    serverName: header.authority,
  };
}

/** What a proxy said of its own TLS connection with the client goes before what the handshake with the proxy shows. */
export function securedPeer(peer: Peer, certificate: PeerCertificate | null, serverName: string | null): Peer {
  return {
    address: peer.address,
    port: peer.port,
    proxy: peer.proxy,
    listener: peer.listener,
    secure: true,
    certificate: peer.certificate ?? certificate,
    serverName: peer.serverName ?? serverName,
  };
}

/** IPv4 as itself, also where an IPv6 socket took it. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** The proxy verified it; where it hands on the certificate itself, names and fingerprint come from there. */
function proxiedCertificate(ssl: ProxySsl): PeerCertificate | null {
  if (!ssl.isVerified) return null;
  const der = ssl.clientCertificate;
  const parsed = der === null ? null : parseCertificate(der);
  return parsed ?? { commonName: ssl.commonName ?? "", alternativeNames: [], fingerprint: "" };
}

function parseCertificate(der: Uint8Array): PeerCertificate | null {
  try {
    return certificateOf(new X509Certificate(der));
  } catch {
    return null;
  }
}
