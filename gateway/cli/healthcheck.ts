// `tributary healthcheck`: asks a running gateway on this machine whether it is ready. For containers and scripts.

import { get } from "node:http";

import { CommandError, ExitCode } from "../exit-code.ts";
import { endpointText } from "../../net/faults.ts";

const TIMEOUT_MS = 5_000;
const ANSWER_MAX_BYTES = 65_536;

export interface HealthOptions {
  readonly config?: string;
  readonly url?: string;
}

export async function healthcheck(options: HealthOptions): Promise<void> {
  const url = options.url ?? (await readyUrl(options.config));
  const { status, text } = await fetchText(url);
  if (status !== 200) throw new CommandError(ExitCode.No, `${url} answered ${status}:\n${text.trimEnd()}`);
  process.stdout.write("ready\n");
}

/** Loads what knows the configuration only when it is needed: probes run often. */
async function readyUrl(config: string | undefined): Promise<string> {
  const { adapterModules } = await import("../adapters.ts");
  const { readConfig } = await import("./read-config.ts");
  const { admin } = readConfig(config, adapterModules).settings;
  if (!admin.enabled) throw new CommandError(ExitCode.Usage, "the configuration has no admin listener, expected --url");
  if (admin.port === 0) throw new CommandError(ExitCode.Usage, "admin.port is 0, any free port, expected --url");
  const host = admin.host === "0.0.0.0" || admin.host === "::" ? "127.0.0.1" : admin.host;
  return `http://${endpointText(host, admin.port)}/readyz?verbose`;
}

function fetchText(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new CommandError(ExitCode.No, `${url} does not answer: ${error.message || String(error)}`));
    let request;
    try {
      request = get(url, { signal: AbortSignal.timeout(TIMEOUT_MS), agent: false });
    } catch (error) {
      fail(error as Error);
      return;
    }
    request.on("error", fail);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (text.length < ANSWER_MAX_BYTES) text += chunk;
      });
      response.on("error", fail);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
  });
}
