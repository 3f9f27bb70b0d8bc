// A link under test: the adapter on a real socket, before a scripted core and a clock that stands still.

import { Ajv } from "ajv";
import type { TestContext } from "node:test";
import type { Gbt32960Version } from "gbt32960-parser";
import type { Message } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { FakeClock } from "../../../conformance/fake-clock.ts";
import { StreamProtocols } from "../../../net/stream.ts";
import { Turn } from "../../../net/turn.ts";
import type { Gbt32960Config } from "../config.ts";
import { gbt32960 } from "../index.ts";
import { Gbt32960Device } from "./gbt32960-device.ts";

export interface Published {
  readonly topic: string;
  readonly json: Record<string, unknown>;
  readonly message: Message;
}

export interface Rig {
  readonly gateway: FakeGateway;
  readonly clock: FakeClock;
  open(vin: string, version?: Gbt32960Version): Promise<Gbt32960Device>;
  /** Everything published so far, session by session. */
  published(): Published[];
  topics(): string[];
  faults(): Record<string, number>;
}

/** Started, and stopped when the test ends. `listener` is what a user writes of the one listener. */
export async function startRig(t: TestContext, listener: object = {}): Promise<Rig> {
  const clock = new FakeClock();
  const gateway = new FakeGateway({ clock, protocol: "gbt32960" });
  const config: Gbt32960Config = { listeners: [{ port: 0, ...listener }] };
  const validate = new Ajv({ useDefaults: true, strict: false }).compile(gbt32960.configSchema);
  if (!validate(config)) throw new Error(JSON.stringify(validate.errors));
  const kit = { clock, turn: new Turn(), streams: new StreamProtocols() };
  const adapter = gbt32960.create(config, gateway, kit);
  await adapter.start();
  const devices: Gbt32960Device[] = [];
  t.after(async () => {
    for (const device of devices) device.tcp.destroy();
    await adapter.stop(AbortSignal.timeout(1000));
    if (gateway.violations.length > 0) throw new Error(gateway.violations.join("\n"));
    if (clock.armed > 0) throw new Error(`${clock.armed} timers are left`);
    if (gateway.open.length > 0) throw new Error(`${gateway.open.length} sessions are left`);
  });
  const published = (): Published[] =>
    gateway.sessions.flatMap(({ publications }) =>
      publications.map(({ message }) => ({
        topic: message.topic,
        json: JSON.parse(Buffer.from(message.payload).toString()),
        message,
      })),
    );
  return {
    gateway,
    clock,
    async open(vin, version = 2016) {
      const { host, port } = adapter.listeners[0]!;
      const device = await Gbt32960Device.open({ host, port }, vin, version);
      devices.push(device);
      return device;
    },
    published,
    topics: () => published().map(({ topic }) => topic),
    faults: () => Object.fromEntries(gateway.meter("gbt32960").protocolErrors),
  };
}
