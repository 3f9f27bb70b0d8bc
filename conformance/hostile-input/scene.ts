// A whole core that keeps little, so that memory which grows is a leak and not a cache: what hostile peers are let
// loose on. Everybody is who they say; the limits are small enough to be reached.

import assert from "node:assert/strict";
import { createCore, type Core, type CoreLimits } from "../../core/compose.ts";
import type { Peer } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { createNetKit } from "../../net/kit.ts";
import { directPeer } from "../../net/peer.ts";
import { FakeClock } from "../fake-clock.ts";
import { SilentLog } from "../silent-log.ts";

const SMALL_LIMITS: Partial<CoreLimits> = {
  messageMaxBytes: 65_536,
  topicsMax: 256,
  lastValueMaxBytes: 262_144,
  retainedMaxMessages: 256,
  retainedMaxBytes: 262_144,
  queueMaxMessages: 64,
  queueMaxBytes: 262_144,
  subscriptionsPerSessionMax: 64,
  sessionsMax: 2_000,
  sessionsPerTenantMax: 2_000,
  sessionExpiryMaxMs: 60_000,
  inboundInflightMax: 16,
};

export const PEER: Peer = directPeer("hostile", "127.0.0.1", 1);

export class Scene {
  readonly clock = new FakeClock();
  readonly log = new SilentLog();
  readonly core: Core;
  readonly kit: NetKit;

  constructor() {
    this.core = createCore({
      node: "hostile-input",
      clock: this.clock,
      log: this.log,
      authenticators: [{ name: "trusting", authenticate: async (_, { user }) => ({ tenant: "", user: user ?? "" }) }],
      authorizer: { rulesFor: async () => ({ mayPublish: () => true, maySubscribe: () => true }) },
      limits: SMALL_LIMITS,
    });
    this.kit = createNetKit({ clock: this.clock });
  }

  /** Time passes until every session that outlives its connection has ended. */
  expire(): void {
    for (let rounds = 0; this.clock.armed > 0 && rounds < 10; rounds++) this.clock.advance(120_000);
  }

  /** Everybody has gone: nothing of them is left. */
  assertEmpty(): void {
    assert.deepEqual(this.log.of("error"), [], "errors were logged");
    assert.equal(this.core.stats().sessions, 0, "sessions left");
    assert.equal(this.clock.armed, 0, "timers left");
    this.core.stop();
  }
}
