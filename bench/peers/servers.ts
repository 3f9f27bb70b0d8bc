// The servers that a benchmark compares: ours, the peers that a user would pick instead, and the floor, a relay in C
// with no broker in it. Each is started on a free loopback port and stopped by its own process.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface RunningServer {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ServerKind {
  readonly name: string;
  start(): Promise<RunningServer>;
}

const ROOT = new URL("../..", import.meta.url).pathname;
/** What every client of a benchmark logs in with. */
export const user = "bench/device";
export const password = "a long enough password";
/** Made of it by `tributary passwd`. */
export const PASSWORD_HASH = "$scrypt$ln=15,r=8,p=1$O3C5aVMMRQWFFULulzEBfw$zyfV+T/d3CXBQkSzHAb3PxtxHadXgS5YDlarG2kjaYI";

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function whenListening(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`the server exited with ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

async function run(name: string, port: number, command: string, args: readonly string[]): Promise<RunningServer> {
  const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  await whenListening(port, child);
  return {
    name,
    port,
    pid: child.pid!,
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}

/** With authentication, access rules and quota: nothing is switched off for the benchmark. */
function configuration(port: number): string {
  return `anonymous: deny
users: [{ name: ${user}, password: "${PASSWORD_HASH}" }]
acl: [{ deny: all, topic: "secret/#" }, { allow: all, topic: "bench/#" }]
limits:
  sessionMessages: { perSecond: 10000000, burst: 10000000 }
  tenantMessages: { perSecond: 100000000, burst: 100000000 }
  tenantBytes: { perSecond: 100000000000, burst: 100000000000 }
admin: { enabled: false }
log: { level: warn }
adapters:
  mqtt: { listeners: [{ host: 127.0.0.1, port: ${port} }] }
`;
}

/** Resolves when it listens on `port`. */
export async function startTributary(configured: string, port: number): Promise<RunningServer> {
  const file = join(mkdtempSync(join(tmpdir(), "tributary-bench-")), "tributary.yaml");
  writeFileSync(file, configured);
  const entry = join(ROOT, "gateway/main.ts");
  // As `npm start` runs it.
  const flags = ["--max-semi-space-size=16", "--conditions=tributary-source"];
  return run("tributary", port, process.execPath, [...flags, entry, "start", "--config", file]);
}

export const tributary: ServerKind = {
  name: "tributary",
  async start() {
    const port = await freePort();
    return startTributary(configuration(port), port);
  },
};

export const mosquitto: ServerKind = {
  name: "mosquitto",
  async start() {
    const port = await freePort();
    const file = join(mkdtempSync(join(tmpdir(), "mosquitto-bench-")), "mosquitto.conf");
    writeFileSync(
      file,
      `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\nlog_type error\n`,
    );
    return run("mosquitto", port, "mosquitto", ["-c", file]);
  },
};

export const aedes: ServerKind = {
  name: "aedes",
  async start() {
    const port = await freePort();
    return run("aedes", port, process.execPath, [join(ROOT, "bench/peers/aedes.ts"), `${port}`]);
  },
};

export const floor: ServerKind = {
  name: "floor",
  async start() {
    const port = await freePort();
    return run("floor", port, join(ROOT, "bench/.build/limit"), [`${port}`]);
  },
};
