// What can go wrong when a listener is started or reloaded, as types that a caller can tell apart, and the names under
// which listeners count the end of connections. Nothing here is thrown because of what a peer sends.

export const ListenCode = {
  AddressInUse: "NET_ADDRESS_IN_USE",
  AddressNotAvailable: "NET_ADDRESS_NOT_AVAILABLE",
  PermissionDenied: "NET_PERMISSION_DENIED",
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

/** A certificate, key or CA file that cannot be used: the operator's fault. The text names the file. */
export class CertificateError extends Error {
  readonly code = "NET_CERTIFICATE_UNUSABLE";
  readonly path: string;

  constructor(listener: string, what: string, path: string, cause: unknown) {
    super(`listener ${listener}: ${what} ${path}: ${textOf(cause)}`, { cause });
    this.name = "CertificateError";
    this.path = path;
  }
}

/** Why connections ended: keys of `ListenerMeter.connectionsClosed`. */
export const CloseCause = {
  Peer: "peer",
  Error: "error",
  Local: "local",
  ConnectionLimit: "connection_limit",
  AcceptRate: "accept_rate",
  FirstFrameTimeout: "first_frame_timeout",
  SlowConsumer: "slow_consumer",
  /** Datagrams: nothing was heard of the source for long. */
  Silence: "silence",
  /** Datagrams: too many sources that had not shown who they are. */
  Evicted: "evicted",
  Stopping: "stopping",
  InternalError: "internal_error",
  ProxyUntrusted: "proxy_untrusted",
  ProxyMissing: "proxy_missing",
  ProxyMalformed: "proxy_malformed",
  ProxyTimeout: "proxy_timeout",
  TlsFailed: "tls_failed",
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
