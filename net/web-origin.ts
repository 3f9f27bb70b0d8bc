// Which web pages may speak to a listener. A browser says where a page comes from in `Origin`; devices and command-line
// clients send none. Without a list, a page may speak to the host that it came from and to no other: otherwise any page
// that somebody opens could publish to the gateway in his own network.

const SCHEME_END = "://";

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
  return scheme > 0 && host !== undefined && origin.slice(scheme + SCHEME_END.length) === host.toLowerCase();
}
