// Who is at the other end of a connection, before anybody is authenticated.

/** What the transport proved about the peer's certificate. */
export interface PeerCertificate {
  /** Common name of the subject, or "". */
  readonly commonName: string;
  /** DNS names and URIs of the subject alternative name, in order. */
  readonly alternativeNames: readonly string[];
  /** SHA-256 fingerprint, lower-case hex. */
  readonly fingerprint: string;
}

export interface Peer {
  /** The real peer's address: behind a trusted proxy the one that the proxy stated. "" for a UNIX socket. */
  readonly address: string;
  readonly port: number;
  /** Address of the proxy in between, or null. */
  readonly proxy: string | null;
  /** Name of the listener: "mqtt", "mqtt.1", … */
  readonly listener: string;
  readonly secure: boolean;
  /** Verified client certificate, or null. */
  readonly certificate: PeerCertificate | null;
  /** Name that the client asked for (SNI, or the proxy's authority), or null. */
  readonly serverName: string | null;
}
