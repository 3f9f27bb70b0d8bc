// From a client's X.509 certificate to what the core knows of it.

import type { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "../core/index.ts";

export function certificateOf(certificate: X509Certificate | undefined): PeerCertificate | null {
  if (certificate === undefined) return null;
  return {
    commonName: commonNameOf(certificate),
    alternativeNames: alternativeNamesOf(certificate.subjectAltName ?? ""),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** DNS names and URIs of a subject alternative name in Node's text form, in order; what is behind anything unreadable is left out. */
export function alternativeNamesOf(text: string): string[] {
  // Node quotes a name as JSON does when it holds anything doubtful, a comma among them.
  const entry = /(?:^|, )([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^,]*)/gy;
  const names: string[] = [];
  for (let found = entry.exec(text); found !== null; found = entry.exec(text)) {
    const [, kind, name] = found;
    if (kind === "DNS" || kind === "URI") names.push(unquoted(name ?? ""));
  }
  return names;
}

/** The first one, as OpenSSL's own look-up has it. */
function commonNameOf(certificate: X509Certificate): string {
  const name: unknown = certificate.toLegacyObject().subject?.CN;
  const first: unknown = Array.isArray(name) ? name[0] : name;
  return typeof first === "string" ? first : "";
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : "";
  } catch {
    return "";
  }
}
