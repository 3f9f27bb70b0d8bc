// Which web pages may speak to a listener. A browser says where a page comes from in `Origin`; devices and command-line
// clients send none. Without a list, a page may speak to the host that it came from and to no other: otherwise any page
// that somebody opens could publish to the gateway in his own network. Pages that this machine serves are let in at its
// own loopback address on any port, as its programs are: a developer's server and a gateway on one machine just work.

const SCHEME_END = "://";
/** A loopback address as a browser writes it, with or without a port. */
const LOOPBACK = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/;

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
