// MQTT throughput, CPU a message and memory a connection, beside Mosquitto, Aedes and the floor, in one run: every case is
// measured on every server in turn, several rounds. Each server's best round is shown, since what else runs on the machine
// only slows down; a ratio is the median of the rounds' own, since what runs beside one server runs beside its neighbour.
// Run: npm run bench -- mqtt
//
// The load comes from ../shared/tools/mqttload.c, the floor is ../shared/tools/limit.c; both are compiled into bench/.build.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { aedes, floor, mosquitto, password, tributary, user } from "./peers/servers.ts";
import type { ServerKind } from "./peers/servers.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const TOOLS = new URL("../../shared/tools/", import.meta.url).pathname;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "4" },
    only: { type: "string", multiple: true },
    server: { type: "string", multiple: true },
  },
});

interface Case {
  readonly name: string;
  readonly args: readonly string[];
}
interface Result {
  readonly recv_per_s: number;
  readonly cpu_us_per_msg: number;
  readonly p99_us: number;
  readonly kb_per_conn: number;
  readonly conn_per_s: number;
}

function load(mode: string, pubs: number, subs: number, window: number, qos: number): string[] {
  const args = { mode, pubs, subs, window, qos, subqos: qos, size: 100, seconds: flags.seconds };
  return Object.entries(args).flatMap(([name, value]) => [`--${name}`, `${value}`]);
}
const CASES: readonly Case[] = [
  { name: "100 pairs, 20 in flight, QoS 0", args: load("pair", 100, 100, 20, 0) },
  { name: "100 pairs, 10 in flight, QoS 0", args: load("pair", 100, 100, 10, 0) },
  { name: "fan-in 100 to 1, 10 in flight, QoS 0", args: load("fanin", 100, 1, 10, 0) },
  { name: "fan-in 100 to 1, 20 in flight, QoS 0", args: load("fanin", 100, 1, 20, 0) },
  { name: "100 pairs, 10 in flight, QoS 1", args: load("pair", 100, 100, 10, 1) },
  { name: "100 pairs, 1 in flight, QoS 0", args: load("pair", 100, 100, 1, 0) },
  { name: "fan-out 1 to 500, 10 in flight, QoS 0", args: load("fanout", 1, 500, 10, 0) },
];
const IDLE: Case = { name: "15,000 idle connections", args: ["--mode", "idle", "--subs", "15000"] };

const rounds = Number(flags.rounds);
const chosen = (name: string): boolean => flags.only === undefined || flags.only.some((part) => name.includes(part));
const servers = [tributary, mosquitto, aedes, floor].filter(({ name }) => flags.server?.includes(name) ?? true);

function build(): void {
  mkdirSync(`${ROOT}bench/.build`, { recursive: true });
  for (const tool of ["mqttload", "limit"]) {
    execFileSync("cc", ["-O2", "-w", "-o", `${ROOT}bench/.build/${tool}`, `${TOOLS}${tool}.c`]);
  }
}

async function once(kind: ServerKind, one: Case): Promise<Result> {
  const server = await kind.start();
  try {
    const args = [
      "--port",
      `${server.port}`,
      "--pid",
      `${server.pid}`,
      "--user",
      user,
      "--pass",
      password,
      ...one.args,
    ];
    return JSON.parse(execFileSync(`${ROOT}bench/.build/mqttload`, args, { encoding: "utf8", timeout: 180_000 }));
  } finally {
    await server.stop();
  }
}

async function compare(one: Case, repeats: number): Promise<Map<string, Result[]>> {
  const results = new Map<string, Result[]>();
  for (let round = 0; round < repeats; round++) {
    for (const kind of servers) {
      const result = await once(kind, one);
      results.set(kind.name, [...(results.get(kind.name) ?? []), result]);
    }
  }
  return results;
}

/** Of what was measured side by side, round by round. */
function medianRatio(ours: readonly number[], theirs: readonly number[]): string {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN)).toSorted((a, b) => a - b);
  return (ratios[ratios.length >> 1] ?? Number.NaN).toFixed(1);
}

const thousands = (value: number): string => `${Math.round(value / 1000)} k`;

async function throughput(): Promise<void> {
  const names = servers.map(({ name }) => name);
  console.log(`| messages/s received (CPU µs a message) | ${names.join(" | ")} | × Mosquitto | × floor's CPU |`);
  console.log(`|---|${names.map(() => "---|").join("")}---|---|`);
  for (const one of CASES.filter(({ name }) => chosen(name))) {
    const results = await compare(one, rounds);
    const of = (name: string, key: "recv_per_s" | "cpu_us_per_msg"): number[] =>
      (results.get(name) ?? []).map((result) => result[key]);
    const cells = names.map((name) => {
      const best = Math.max(...of(name, "recv_per_s"));
      return `${thousands(best)} (${Math.min(...of(name, "cpu_us_per_msg")).toFixed(2)})`;
    });
    const ratio = medianRatio(of("tributary", "recv_per_s"), of("mosquitto", "recv_per_s"));
    const cost = medianRatio(of("tributary", "cpu_us_per_msg"), of("floor", "cpu_us_per_msg"));
    console.log(`| ${one.name} | ${cells.join(" | ")} | ${ratio} | ${cost} |`);
  }
}

async function idle(): Promise<void> {
  if (!chosen(IDLE.name)) return;
  console.log(
    "\n| 15,000 idle connections, one subscription each | KiB a connection | connections/s | CPU µs a connection |",
  );
  console.log("|---|---|---|---|");
  for (const kind of servers.filter(({ name }) => name !== "floor")) {
    const result = await once(kind, IDLE);
    const { kb_per_conn, conn_per_s } = result;
    const cpu = (result as Result & { cpu_us_per_conn: number }).cpu_us_per_conn;
    console.log(`| ${kind.name} | ${kb_per_conn.toFixed(2)} | ${Math.round(conn_per_s)} | ${cpu.toFixed(0)} |`);
  }
}

build();
await throughput();
await idle();
