// A whole gateway with only MQTT on it: the real core, the real network kit on a free port, and a clock that stands
// still until the test moves it.

import type { MqttConfig } from "../config.ts";
import { mqtt } from "../index.ts";
import { FakeClock } from "../../../conformance/fake-clock.ts";
import { SilentLog } from "../../../conformance/silent-log.ts";
import { type AccessRules, type Authenticator, type Core, type CoreLimits, createCore } from "../../../core/compose.ts";
import type { Adapter, Gateway, ListenerMeter } from "../../../core/index.ts";
import { createNetKit } from "../../../net/kit.ts";

export interface BrokerOptions {
  readonly limits?: Partial<CoreLimits>;
  readonly config?: Omit<MqttConfig, "listeners">;
  readonly rules?: AccessRules;
  readonly authenticator?: Authenticator;
}

const everything: AccessRules = { mayPublish: () => true, maySubscribe: () => true };
const anybody: Authenticator = {
  name: "anybody",
  authenticate: (_peer, credentials) => Promise.resolve({ tenant: "", user: credentials.user ?? "" }),
};

export class Broker {
  readonly clock: FakeClock;
  readonly core: Core;
  readonly gateway: Gateway;
  readonly log: SilentLog;
  readonly adapter: Adapter;

  private constructor(options: BrokerOptions) {
    this.clock = new FakeClock();
    this.log = new SilentLog();
    this.core = createCore({
      node: "test",
      clock: this.clock,
      log: this.log,
      authenticators: [options.authenticator ?? anybody],
      authorizer: { rulesFor: () => Promise.resolve(options.rules ?? everything) },
      limits: options.limits ?? {},
    });
    this.gateway = this.core.gateway("mqtt");
    const kit = createNetKit({ clock: this.clock });
    const listeners = [{ host: "127.0.0.1", port: 0, acceptRatePerSecond: 1_000_000 }];
    this.adapter = mqtt.create({ ...options.config, listeners }, this.gateway, kit);
  }

  static async start(options: BrokerOptions = {}): Promise<Broker> {
    const broker = new Broker(options);
    await broker.adapter.start();
    return broker;
  }

  get port(): number {
    const bound = this.adapter.listeners[0];
    if (bound === undefined) throw new Error("the broker is not started");
    return bound.port;
  }

  get meter(): ListenerMeter {
    return this.gateway.meter("mqtt");
  }

  async stop(): Promise<void> {
    await this.adapter.stop(AbortSignal.timeout(2000));
    this.core.stop();
  }
}
