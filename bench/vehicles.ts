// JT/T 808: position reports per second from 1,000 simulated terminals, bytes to published JSON, with registration,
// authentication, access rules and quota on, one process, to one MQTT subscriber; beside the same JSON sent as plain MQTT;
// and the codec alone. Run: npm run bench -- vehicles [--rounds 3] [--seconds 5] [--terminals 1000] [--window 10]
//
// The terminals are `tributary sim jt808`, plain MQTT is ../shared/tools/mqttload.c; both share the machine with the gateway.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FRAME_MAX_BYTES, Jt808Bodies, Jt808Decoder, Jt808Encoder, Jt808Frame, plainFrame } from "jt808-parser";
import { nativeProfile } from "../adapters/jt808/profile-native.ts";
import { Road, Vehicle } from "../gateway/cli/sim/jt808-vehicle.ts";
import type { SimSummary } from "../gateway/cli/sim/sim-counts.ts";
import { CountingSubscriber } from "./peers/counting-subscriber.ts";
import { PASSWORD_HASH, freePort, password, startTributary } from "./peers/servers.ts";
import type { RunningServer } from "./peers/servers.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const LOAD_SOURCE = new URL("../../shared/tools/mqttload.c", import.meta.url).pathname;
const LOAD = `${ROOT}bench/.build/mqttload`;
/** The kernel's clock ticks in /proc. */
const TICKS_PER_SECOND = 100;
const WARM_UP_MS = 2_000;
/** Without a tenant, as the terminals are. */
const user = "bench";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    terminals: { type: "string", default: "1000" },
    window: { type: "string", default: "10" },
  },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);

interface Rate {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

function configuration(mqtt: number, jt808: number): string {
  return `anonymous: allow
users: [{ name: ${user}, password: "${PASSWORD_HASH}" }]
acl: [{ deny: all, topic: "secret/#" }, { allow: all, topic: "jt808/#" }, { allow: all, topic: "bench/#" }]
limits:
  sessionMessages: { perSecond: 10000000, burst: 10000000 }
  tenantMessages: { perSecond: 100000000, burst: 100000000 }
  tenantBytes: { perSecond: 100000000000, burst: 100000000000 }
admin: { enabled: false }
log: { level: warn }
adapters:
  mqtt: { listeners: [{ port: ${mqtt} }] }
  jt808: { listeners: [{ port: ${jt808}, authentication: require-auth }, { port: ${jt808}, transport: udp, authentication: require-auth, datagrams: { sourceRatePerSecond: 10000000 } }] }
`;
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function withGateway<T>(use: (gateway: RunningServer, mqtt: number, jt808: number) => Promise<T>): Promise<T> {
  const [mqtt, jt808] = [await freePort(), await freePort()];
  const gateway = await startTributary(configuration(mqtt, jt808), mqtt);
  try {
    return await use(gateway, mqtt, jt808);
  } finally {
    await gateway.stop();
  }
}

/** Counted at the subscriber. `payloadBytes`: of one message. */
async function vehicles(isUdp: boolean): Promise<Rate & { readonly payloadBytes: number; readonly p99: number }> {
  return withGateway(async (gateway, mqtt, jt808) => {
    const counter = await CountingSubscriber.open(mqtt, "jt808/+/up/location", user, password);
    const args = [
      "--conditions=tributary-source",
      `${ROOT}bin/tributary.js`,
      "sim",
      "jt808",
      "--json",
      "-p",
      `${jt808}`,
    ];
    const load = ["--terminals", flags.terminals, "--interval", "0", "--window", flags.window];
    const duration = ["--duration", `${WARM_UP_MS / 1000 + seconds + 1}s`, ...(isUdp ? ["--udp"] : [])];
    const sim = spawn(process.execPath, [...args, ...load, ...duration], { stdio: ["ignore", "pipe", "inherit"] });
    let summary = "";
    sim.stdout.on("data", (chunk: Buffer) => (summary += chunk.toString()));
    const ended = once(sim, "exit");
    while (counter.messages === 0) {
      if (sim.exitCode !== null) throw new Error("the subscriber received nothing");
      await sleep(50);
    }
    await sleep(WARM_UP_MS);
    const [messages, bytes, cpu, start] = [
      counter.messages,
      counter.payloadBytes,
      cpuSeconds(gateway.pid),
      performance.now(),
    ];
    await sleep(seconds * 1000);
    const count = counter.messages - messages;
    const spent = cpuSeconds(gateway.pid) - cpu;
    const elapsed = (performance.now() - start) / 1000;
    const payloadBytes = Math.round((counter.payloadBytes - bytes) / count);
    await ended;
    counter.close();
    const { latencyMs } = JSON.parse(summary) as SimSummary;
    return { perSecond: count / elapsed, cpuMicroseconds: (spent / count) * 1e6, payloadBytes, p99: latencyMs.p99 };
  });
}

/** As many publishers with the same window, of payloads as long, QoS 1, to one subscriber. */
async function plainMqtt(payloadBytes: number): Promise<Rate> {
  return withGateway(async (gateway, mqtt) => {
    const load = { mode: "fanin", pubs: flags.terminals, subs: 1, window: flags.window, qos: 1, subqos: 0 };
    const args = { port: mqtt, pid: gateway.pid, user, pass: password, ...load, size: payloadBytes, seconds };
    const list = Object.entries(args).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const result = JSON.parse(execFileSync(LOAD, list, { encoding: "utf8", timeout: 180_000 })) as {
      readonly recv_per_s: number;
      readonly cpu_us_per_msg: number;
    };
    return { perSecond: result.recv_per_s, cpuMicroseconds: result.cpu_us_per_msg };
  });
}

/** One core, this process. */
function codec(): { readonly decoded: Rate; readonly json: Rate } {
  const bodies = new Jt808Bodies();
  const vehicle = new Vehicle(new Road(bodies), 1);
  const encoder = new Jt808Encoder();
  const frames = Array.from({ length: 500 }, (_, n) =>
    encoder.encode(plainFrame(0x0200, 2013, 0, "013800000000", n, vehicle.drive(Date.now()))),
  );
  const chunk = Buffer.concat(frames);
  const native = nativeProfile(true);
  const context = { device: "13800000000", version: 2013, receivedAt: Date.now(), reference: null } as const;
  const decode = (use: (frame: Jt808Frame) => void): Rate => {
    const decoder = new Jt808Decoder(FRAME_MAX_BYTES);
    let count = 0;
    const start = performance.now();
    const cpu = process.cpuUsage();
    while (performance.now() - start < seconds * 300) {
      decoder.push(chunk);
      for (let next = decoder.next(); next !== null; next = decoder.next()) {
        if (!(next instanceof Jt808Frame)) throw new Error(next.code);
        use(next);
        count++;
      }
    }
    const { user: busy, system } = process.cpuUsage(cpu);
    return { perSecond: (count / (performance.now() - start)) * 1000, cpuMicroseconds: (busy + system) / count };
  };
  const toJson = (frame: Jt808Frame): void => {
    native.toJson(frame, bodies.read(frame, [2013]), { ...context, unknownAreUnsupported: false });
  };
  decode(toJson);
  return { decoded: decode((frame) => void bodies.read(frame, [2013])), json: decode(toJson) };
}

function row(what: string, rates: readonly Rate[], more = ""): void {
  const perSecond = Math.round(median(rates.map((rate) => rate.perSecond))).toLocaleString("en");
  const cpu = median(rates.map((rate) => rate.cpuMicroseconds)).toFixed(2);
  console.log(`| ${what} | ${perSecond} | ${cpu} | ${more} |`);
}

mkdirSync(`${ROOT}bench/.build`, { recursive: true });
execFileSync("cc", ["-O2", "-w", "-o", LOAD, LOAD_SOURCE]);
console.log("| what | per second | CPU µs each (gateway) | |");
console.log("|---|---|---|---|");
const alone = Array.from({ length: rounds }, codec);
row(
  "codec alone: frame to raw fields",
  alone.map(({ decoded }) => decoded),
  "one core",
);
row(
  "codec alone: frame to JSON",
  alone.map(({ json }) => json),
  "one core",
);
const tcp: Awaited<ReturnType<typeof vehicles>>[] = [];
const udp: Awaited<ReturnType<typeof vehicles>>[] = [];
const mqtt: Rate[] = [];
for (let round = 0; round < rounds; round++) {
  tcp.push(await vehicles(false));
  mqtt.push(await plainMqtt(tcp[round]!.payloadBytes));
  udp.push(await vehicles(true));
}
const payloadBytes = median(tcp.map((one) => one.payloadBytes));
const answered = (rates: readonly { readonly p99: number }[]): string =>
  `answered within ${median(rates.map(({ p99 }) => p99)).toFixed(0)} ms (99 %)`;
row(`JT/T 808 over TCP, ${flags.terminals} terminals, to one MQTT subscriber`, tcp, answered(tcp));
row(`JT/T 808 over UDP, ${flags.terminals} terminals, to one MQTT subscriber`, udp, answered(udp));
row(`the same JSON (${payloadBytes} bytes) as plain MQTT, QoS 1`, mqtt, "generator in C");
const ratio = median(tcp.map((one) => one.cpuMicroseconds)) / median(mqtt.map((one) => one.cpuMicroseconds));
console.log(`\nCPU of a report over TCP: ${ratio.toFixed(1)} × that of the same JSON as plain MQTT.`);
