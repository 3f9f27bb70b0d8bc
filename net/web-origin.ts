// Which web pages may speak to a listener. A browser says where a page comes from in `Origin`; devices and command-line
// clients send none. Without a list, a page may speak to the host that it came from and to no other: otherwise any page
// that somebody opens could publish to the gateway in his own network. Pages that this machine serves are let in at its
// own loopback address on any port, as its programs are: a developer's server and a gateway on one machine just work.

const SCHEME_END = "://";
/** A loopback address as a browser writes it, with or without a port. */
const LOOPBACK = /^(?:localhost|127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}|\[::1\])(?::\d{1,5})?$/;

const LOOPBACK_ADDRESS = /^(?:127\.|::ffff:127\.|::1$)/;

/** @param host the header `Host`: a name or address, with or without a port */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase());
}

/**
 * Whether a request that came in at `localAddress` may name that host. At a loopback address only the machine itself is
 * meant: another name there is that of a page whose owner made its name point to this machine (DNS rebinding), which a
 * browser then takes for a page from here. A name that `allowed` has an origin of is meant as well.
 *
 * @param host the header `Host`, or undefined: no browser
 * @param localAddress the socket's own address; undefined where a proxy stands in between, which no browser can be
 * @param allowed origins as `https://host:port`; `*` = all
 */
export function isHostAllowed(
  host: string | undefined,
  localAddress: string | undefined,
  allowed: readonly string[],
): boolean {
  if (host === undefined || localAddress === undefined || !LOOPBACK_ADDRESS.test(localAddress)) return true;
  if (isLoopbackHost(host)) return true;
  return allowed.some((origin) => origin === "*" || origin.endsWith(`${SCHEME_END}${host.toLowerCase()}`));
}

/**
 * @param origin the header `Origin`, or undefined: no web page, and allowed
 * @param host the header `Host` of the same request
 * @param allowed origins as `https://host:port`; `*` = all
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (allowed.includes("*") || allowed.includes(origin)) return true;
  const scheme = origin.indexOf(SCHEME_END);
  if (scheme <= 0 || host === undefined) return false;
  const [from, to] = [origin.slice(scheme + SCHEME_END.length), host.toLowerCase()];
  return from === to || (LOOPBACK.test(from) && LOOPBACK.test(to));
}
