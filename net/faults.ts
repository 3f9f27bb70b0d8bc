// What can go wrong when a listener is started or reloaded, as types that a caller can tell apart, and the names under
// which listeners count the end of connections. Nothing here is thrown because of what a peer sends.

/** Why a port cannot be bound. */
export const ListenCode = {
  /** Another program (or another listener of this one) has the port. */
  AddressInUse: "NET_ADDRESS_IN_USE",
  /** The host has no such address, or its name cannot be resolved. */
  AddressNotAvailable: "NET_ADDRESS_NOT_AVAILABLE",
  /** The user that the gateway runs as may not bind the port: below 1024 that takes a capability. */
  PermissionDenied: "NET_PERMISSION_DENIED",
  /** The system refused for another reason, which the text tells. */
  ListenFailed: "NET_LISTEN_FAILED",
} as const;
export type ListenCode = (typeof ListenCode)[keyof typeof ListenCode];

/** A port that cannot be bound: the environment's fault. */
export class ListenError extends Error {
  readonly code: ListenCode;
  readonly host: string;
  readonly port: number;

  constructor(listener: string, host: string, port: number, cause: unknown) {
    const code = listenCodeOf(cause);
    super(`listener ${listener}: cannot listen on ${endpointText(host, port)}: ${explain(code, cause)}`, { cause });
    this.name = "ListenError";
    this.code = code;
    this.host = host;
    this.port = port;
  }
}

/** What is wrong with the files of a TLS listener. */
export const CertificateCode = {
  /** A certificate, key or CA file cannot be read, is not PEM, or key and certificate do not belong together. */
  Unusable: "NET_CERTIFICATE_UNUSABLE",
} as const;

/** A certificate, key or CA file that cannot be used: the operator's fault. The text names the file. */
export class CertificateError extends Error {
  readonly code = CertificateCode.Unusable;
  readonly path: string;

  constructor(listener: string, what: string, path: string, cause: unknown) {
    super(`listener ${listener}: ${what} ${path}: ${textOf(cause)}`, { cause });
    this.name = "CertificateError";
    this.path = path;
  }
}

/** Why connections ended: keys of `ListenerMeter.connectionsClosed`. */
export const CloseCause = {
  /** The peer closed it. */
  Peer: "peer",
  /** It broke: a reset, or a peer that did not answer the system's probes. */
  Error: "error",
  /** The gateway closed it for a reason of the protocol: goodbye, keep-alive, a fault, a take-over, a kick. */
  Local: "local",
  /** Refused: `maxConnections` are open. */
  ConnectionLimit: "connection_limit",
  /** Refused: more new connections than `acceptRatePerSecond`. */
  AcceptRate: "accept_rate",
  /** No whole first frame (or request, or hand-shake) within `firstFrameTimeoutMs`. */
  FirstFrameTimeout: "first_frame_timeout",
  /** It did not read: more than `outputMaxBytes` waited for it. */
  SlowConsumer: "slow_consumer",
  /** Datagrams: nothing was heard of the source for long. */
  Silence: "silence",
  /** Datagrams: too many sources that had not shown who they are. */
  Evicted: "evicted",
  /** The gateway stopped. */
  Stopping: "stopping",
  /** A defect of the gateway, which cost this connection alone. */
  InternalError: "internal_error",
  /** A PROXY header (or, where one is required, a connection) from an address that is not among `proxyProtocol.trusted`. */
  ProxyUntrusted: "proxy_untrusted",
  /** No PROXY header where one is required. */
  ProxyMissing: "proxy_missing",
  /** A PROXY header that is not one; `tributary_protocol_errors_total` tells the `PROXY_…` code. */
  ProxyMalformed: "proxy_malformed",
  /** No whole PROXY header within `proxyProtocol.timeoutMs`. */
  ProxyTimeout: "proxy_timeout",
  /** The TLS handshake failed: no version, cipher or name in common, or a certificate that is refused. */
  TlsFailed: "tls_failed",
  /** No whole handshake within `tls.handshakeTimeoutMs`. */
  TlsTimeout: "tls_timeout",
} as const;
export type CloseCause = (typeof CloseCause)[keyof typeof CloseCause];

/** "127.0.0.1:1883", "[::1]:1883". */
export function endpointText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function listenCodeOf(cause: unknown): ListenCode {
  switch (cause instanceof Error && "code" in cause ? cause.code : "") {
    case "EADDRINUSE":
      return ListenCode.AddressInUse;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return ListenCode.AddressNotAvailable;
    case "EACCES":
    case "EPERM":
      return ListenCode.PermissionDenied;
    default:
      return ListenCode.ListenFailed;
  }
}

function explain(code: ListenCode, cause: unknown): string {
  switch (code) {
    case ListenCode.AddressInUse:
      return "the port is in use";
    case ListenCode.AddressNotAvailable:
      return "no such address on this host";
    case ListenCode.PermissionDenied:
      return "permission denied";
    default:
      return textOf(cause);
  }
}
