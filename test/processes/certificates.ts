// An authority and certificates under it, made by the real openssl for one test.

import { Child } from "./child.ts";
import type { TemporaryFolder } from "./temporary-folder.ts";

export interface Certificates {
  /** Paths of PEM files. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** For 127.0.0.1 and localhost. */
export async function makeCertificates(folder: TemporaryFolder): Promise<Certificates> {
  const [authority, authorityKey] = [folder.join("authority.pem"), folder.join("authority.key")];
  const [certificate, key, request] = [folder.join("server.pem"), folder.join("server.key"), folder.join("server.csr")];
  const names = folder.write("names.cnf", "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n");
  const fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl(
    "req",
    "-x509",
    ...fresh,
    "-days",
    "2",
    "-subj",
    "/CN=test authority",
    "-keyout",
    authorityKey,
    "-out",
    authority,
  );
  await openssl("req", ...fresh, "-subj", "/CN=localhost", "-keyout", key, "-out", request);
  const signer = ["-CA", authority, "-CAkey", authorityKey, "-CAcreateserial"];
  await openssl("x509", "-req", "-in", request, ...signer, "-days", "2", "-extfile", names, "-out", certificate);
  return { authority, certificate, key };
}

async function openssl(...args: readonly string[]): Promise<void> {
  await new Child("openssl", args).succeeds();
}
