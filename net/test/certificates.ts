// Certificates for tests, made by the real openssl.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Split at spaces; `{name}` stands for a path or a subject, which may hold some. */
async function openssl(command: string, values: Record<string, string>): Promise<void> {
  const words = command.split(" ").map((word) => word.replace(/^\{(\w+)\}$/, (_, name: string) => values[name] ?? ""));
  await run("openssl", words);
}

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export class Authority {
  readonly folder: string;
  readonly cert: string;
  readonly #key: string;
  #made = 0;

  private constructor(folder: string) {
    this.folder = folder;
    this.cert = join(folder, "ca.pem");
    this.#key = join(folder, "ca-key.pem");
  }

  /** In a folder that goes away with the test. */
  static async create(t: TestContext): Promise<Authority> {
    const folder = await mkdtemp(join(tmpdir(), "certificates-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    return Authority.in(folder);
  }

  /** In a folder of the caller's own. */
  static async in(folder: string): Promise<Authority> {
    const authority = new Authority(folder);
    await openssl(
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj {subject} -keyout {key} -out {cert}",
      { subject: "/CN=test authority", key: authority.#key, cert: authority.cert },
    );
    return authority;
  }

  /** `alternative` as openssl has it: "DNS:a.example.org,URI:urn:x". Written over `into`, or to new files. */
  async issue(commonName: string, alternative: string, into: Pair | null = null, days = 2): Promise<Pair> {
    const base = join(this.folder, String(++this.#made));
    const pair = into ?? { cert: `${base}.pem`, key: `${base}-key.pem` };
    await writeFile(`${base}.ext`, `subjectAltName=${alternative}\n`);
    const files = {
      days: String(days),
      request: `${base}.csr`,
      extensions: `${base}.ext`,
      ca: this.cert,
      caKey: this.#key,
      ...pair,
    };
    await openssl(
      "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj {subject} -keyout {key} -out {request}",
      { ...files, subject: `/O=fleet/CN=${commonName}` },
    );
    await openssl(
      "x509 -req -in {request} -CA {ca} -CAkey {caKey} -CAcreateserial -days {days} -extfile {extensions} -out {cert}",
      files,
    );
    return pair;
  }

  async file(name: string, content: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content);
    return path;
  }
}
