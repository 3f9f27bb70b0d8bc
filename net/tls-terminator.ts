// The TLS side of a listener: certificates from files, one per server name, client certificates, and their renewal while
// connections stay. It takes sockets that somebody else accepted (a PROXY header may have come first) and never listens.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from "node:tls";
import type { PeerCertificate } from "../core/index.ts";
import type { TlsSettings } from "./config.ts";
import { CertificateError } from "./faults.ts";
import { certificateOf } from "./peer-certificate.ts";

/** Who waits for a handshake. One of the two is called, at most once. */
export interface HandshakeTarget {
  onSecure(socket: TLSSocket, certificate: PeerCertificate | null, serverName: string | null): void;
  onInsecure(error: Error): void;
}

interface Pem {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

const targetKey = Symbol("handshake target");
interface WaitingSocket extends Socket {
  [targetKey]?: HandshakeTarget | null;
}

export class TlsTerminator {
  readonly #listener: string;
  readonly #settings: TlsSettings;
  readonly #server: Server;
  #exact = new Map<string, SecureContext>();
  /** By what stands behind the `*`: ".example.org". */
  #wildcard = new Map<string, SecureContext>();
  #expiresAt = 0;

  private constructor(listener: string, settings: TlsSettings) {
    this.#listener = listener;
    this.#settings = settings;
    this.#server = createServer({
      requestCert: settings.ca !== null,
      rejectUnauthorized: settings.requireClientCertificate,
      minVersion: versionOf(settings),
      SNICallback: (name, answer) => answer(null, this.#contextFor(name)),
    });
    this.#server.on("secureConnection", onSecure);
    this.#server.on("tlsClientError", onInsecure);
  }

  /** Rejects with CertificateError. */
  static async load(listener: string, settings: TlsSettings): Promise<TlsTerminator> {
    const terminator = new TlsTerminator(listener, settings);
    await terminator.reload();
    return terminator;
  }

  /** When the first of its certificates ends, ms since the epoch. */
  get expiresAt(): number {
    return this.#expiresAt;
  }

  /** Reads the files again, for handshakes to come. Rejects with CertificateError, and goes on with what it had. */
  async reload(): Promise<void> {
    const { ca: caPath, serverNames } = this.#settings;
    if (caPath === null && this.#settings.requireClientCertificate) {
      throw new CertificateError(
        this.#listener,
        "ca",
        "(none)",
        "requireClientCertificate needs the authorities in `ca`",
      );
    }
    const ca = caPath === null ? null : await this.#readAuthorities(caPath);
    const fallback = await this.#readPair(this.#settings);
    const exact = new Map<string, SecureContext>();
    const wildcard = new Map<string, SecureContext>();
    let expiresAt = fallback.expiresAt;
    for (const entry of serverNames) {
      const pair = await this.#readPair(entry);
      const context = createSecureContext(this.#contextOptions(pair, ca));
      expiresAt = Math.min(expiresAt, pair.expiresAt);
      const name = entry.name.toLowerCase();
      if (name.startsWith("*.")) wildcard.set(name.slice(1), context);
      else exact.set(name, context);
    }
    this.#server.setSecureContext(this.#contextOptions(fallback, ca));
    this.#exact = exact;
    this.#wildcard = wildcard;
    this.#expiresAt = expiresAt;
  }

  /** Begins the handshake on a socket that nobody reads from; what was read too much has been unshifted. */
  accept(socket: Socket, target: HandshakeTarget): void {
    const waiting: WaitingSocket = socket;
    waiting[targetKey] = target;
    // The TLS socket takes this over: until the handshake is done, a peer that closes its side is gone.
    waiting.allowHalfOpen = false;
    this.#server.emit("connection", waiting);
  }

  #contextFor(serverName: string): SecureContext | undefined {
    const name = serverName.toLowerCase();
    const dot = name.indexOf(".");
    return this.#exact.get(name) ?? (dot > 0 ? this.#wildcard.get(name.slice(dot)) : undefined);
  }

  #contextOptions(pem: Pem, ca: Buffer | null) {
    return { cert: pem.cert, key: pem.key, minVersion: versionOf(this.#settings), ...(ca === null ? {} : { ca }) };
  }

  async #readPair(files: { readonly cert: string; readonly key: string }): Promise<Pem> {
    const cert = await this.#read("certificate", files.cert);
    const key = await this.#read("private key", files.key);
    const certificate = this.#parse("certificate", files.cert, () => new X509Certificate(cert));
    const privateKey = this.#parse("private key", files.key, () => createPrivateKey(key));
    if (!certificate.checkPrivateKey(privateKey))
      throw new CertificateError(this.#listener, "private key", files.key, `is not the key of ${files.cert}`);
    return { cert, key, expiresAt: certificate.validToDate.getTime() };
  }

  async #readAuthorities(path: string): Promise<Buffer> {
    const ca = await this.#read("authorities", path);
    this.#parse("authorities", path, () => new X509Certificate(ca));
    return ca;
  }

  async #read(what: string, path: string): Promise<Buffer> {
    try {
      return await readFile(path);
    } catch (error) {
      throw new CertificateError(this.#listener, what, path, error);
    }
  }

  #parse<T>(what: string, path: string, parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      throw new CertificateError(this.#listener, what, path, error);
    }
  }
}

function versionOf(settings: TlsSettings): "TLSv1.2" | "TLSv1.3" {
  return settings.minVersion === "1.3" ? "TLSv1.3" : "TLSv1.2";
}

function onSecure(socket: TLSSocket): void {
  const target = takeTarget(socket);
  if (target === null) {
    socket.destroy();
    return;
  }
  socket.allowHalfOpen = true;
  const serverName = typeof socket.servername === "string" && socket.servername !== "" ? socket.servername : null;
  target.onSecure(socket, socket.authorized ? certificateOf(socket.getPeerX509Certificate()) : null, serverName);
}

function onInsecure(error: Error, socket: TLSSocket): void {
  takeTarget(socket)?.onInsecure(error);
}

/** Node tells only the TLS socket. The one that it was made from is its `_parent`: were it not, nobody would get in. */
function takeTarget(socket: TLSSocket & { _parent?: WaitingSocket }): HandshakeTarget | null {
  const { _parent: raw } = socket;
  const target = raw?.[targetKey] ?? null;
  if (raw !== undefined) raw[targetKey] = null;
  return target;
}
