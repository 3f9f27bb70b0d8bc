// An authority and a certificate under it, for gateways that run as programs.

import { Authority } from "../../net/test/certificates.ts";
import type { TemporaryFolder } from "./temporary-folder.ts";

export interface Certificates {
  /** Paths of PEM files. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** For 127.0.0.1 and localhost. */
export async function makeCertificates(folder: TemporaryFolder): Promise<Certificates> {
  const authority = await Authority.in(folder.path);
  const { cert, key } = await authority.issue("localhost", "IP:127.0.0.1,DNS:localhost");
  return { authority: authority.cert, certificate: cert, key };
}
