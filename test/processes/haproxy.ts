// A real haproxy in front of one TCP port, which tells the server behind it who the client is.

import { Child } from "./child.ts";
import { eventually } from "./deadline.ts";
import { freePort, isListening } from "./free-port.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

/** Somebody else may take the port between its choice and its use. */
const ATTEMPTS = 5;

export class Haproxy {
  readonly port: number;
  readonly #child: Child;
  readonly #folder: TemporaryFolder;

  private constructor(port: number, child: Child, folder: TemporaryFolder) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  /** @param serverOptions such as `send-proxy-v2` */
  static async start(serverPort: number, serverOptions: string): Promise<Haproxy> {
    const folder = new TemporaryFolder("haproxy");
    let said = "";
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const port = await freePort();
      const file = folder.write("haproxy.cfg", configuration(port, serverPort, serverOptions));
      const child = new Child("haproxy", ["-db", "-f", file], { env: pathWithDaemons() });
      const isUp = await eventually("haproxy to listen", async () => {
        if (child.ending !== null) return false;
        return (await isListening(port)) || null;
      });
      if (isUp) return new Haproxy(port, child, folder);
      said = child.errors;
    }
    folder.remove();
    throw new Error(`haproxy does not start:\n${said}`);
  }

  async stop(): Promise<void> {
    await this.#child.stop();
    this.#folder.remove();
  }
}

/** Debian keeps it where an ordinary user's PATH does not look. */
function pathWithDaemons(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };
}

function configuration(port: number, serverPort: number, serverOptions: string): string {
  return `defaults
  mode tcp
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend devices
  bind 127.0.0.1:${port}
  default_backend gateway
backend gateway
  server gateway 127.0.0.1:${serverPort} ${serverOptions}
`;
}
