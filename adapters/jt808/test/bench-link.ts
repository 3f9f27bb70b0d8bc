// A link under test: the adapter on a real socket, before a scripted core and a clock that stands still.

import { Ajv } from "ajv";
import type { TestContext } from "node:test";
import type { BoundListener, Message } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { FakeClock } from "../../../conformance/fake-clock.ts";
import { StreamProtocols } from "../../../net/stream.ts";
import { Turn } from "../../../net/turn.ts";
import type { Jt808Config } from "../config.ts";
import { jt808 } from "../index.ts";
import { Jt808Device } from "./jt808-device.ts";

export interface Rig {
  readonly gateway: FakeGateway;
  readonly clock: FakeClock;
  open(phone: string, form?: 2013 | 2019): Promise<Jt808Device>;
  /** Everything published so far, as topic and JSON. */
  published(): { topic: string; json: Record<string, unknown>; message: Message }[];
  faults(): Record<string, number>;
  readonly listeners: () => readonly BoundListener[];
}

/** Started, and stopped when the test ends. `listener` is what a user writes of the one listener. */
export async function startRig(t: TestContext, listener: object = {}, whole: object = {}): Promise<Rig> {
  const clock = new FakeClock();
  const gateway = new FakeGateway({ clock, protocol: "jt808" });
  const config: Jt808Config = { listeners: [{ port: 0, ...listener }], ...whole };
  const validate = new Ajv({ useDefaults: true, strict: false }).compile(jt808.configSchema);
  if (!validate(config)) throw new Error(JSON.stringify(validate.errors));
  const kit = { clock, turn: new Turn(), streams: new StreamProtocols() };
  const adapter = jt808.create(config, gateway, kit);
  await adapter.start();
  const devices: Jt808Device[] = [];
  t.after(async () => {
    for (const device of devices) device.tcp.destroy();
    await adapter.stop(AbortSignal.timeout(1000));
    if (gateway.violations.length > 0) throw new Error(gateway.violations.join("\n"));
    if (clock.armed > 0) throw new Error(`${clock.armed} timers are left`);
  });
  return {
    gateway,
    clock,
    async open(phone, form = 2013) {
      const { host, port } = adapter.listeners[0]!;
      const device = await Jt808Device.open({ host, port }, phone, form);
      devices.push(device);
      return device;
    },
    listeners: () => adapter.listeners,
    published: () =>
      gateway.sessions.flatMap(({ publications }) =>
        publications.map(({ message }) => ({
          topic: message.topic,
          json: JSON.parse(Buffer.from(message.payload).toString()),
          message,
        })),
      ),
    faults: () => Object.fromEntries(gateway.meter("jt808").protocolErrors),
  };
}
