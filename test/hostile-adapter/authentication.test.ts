// Without authentication: no way round the front door.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as contract from "../../core/index.ts";
import { CloseReason, Message, Refusal, RefusalReason, Verdict, type Principal } from "../../core/index.ts";
import {
  attempt,
  attemptLater,
  credentials,
  OPTIONS,
  overwrite,
  PEER,
  Recorder,
  request,
  send,
  World,
} from "./world.ts";

async function refuses(world: World, principal: unknown, what: string): Promise<void> {
  const device = new Recorder();
  const before = world.core.stats().sessions;
  const answer = await world.gateway.openSession(principal as Principal, OPTIONS, device).catch(() => "threw");
  assert.ok(answer === "threw" || (answer instanceof Refusal && answer.reason === RefusalReason.NotAuthorized), what);
  assert.equal(world.core.stats().sessions, before, what);
}

suite("hostile adapter: without authentication", () => {
  test("a principal that was not made by this gateway's authentication opens nothing", async () => {
    const world = await World.make();
    const other = await World.make();
    const { principal } = await world.admitted();
    const foreign = (await other.admitted()).principal;
    const literal = { tenant: "acme", client: "by-acme/root", user: "root", peer: PEER };
    const forgeries: Record<string, unknown> = {
      literal,
      foreign,
      inherited: Object.create(principal),
      "same prototype": Object.assign(Object.create(Object.getPrototypeOf(principal)), {}),
      proxied: new Proxy(principal, { get: (_, name) => Reflect.get(literal, name) }),
      cloned: { ...principal, ...literal },
      null: null,
      undefined: undefined,
      number: 1,
      text: "acme/root",
      function: () => literal,
    };
    for (const [what, forgery] of Object.entries(forgeries)) await refuses(world, forgery, what);
    const maker: unknown = Reflect.get(principal, "constructor");
    if (typeof maker === "function") {
      const identity = { tenant: "acme", user: "root" };
      const made = attempt(() => Reflect.construct(maker, [world.gateway, identity, "by-acme/root", PEER]));
      await refuses(world, made, "made by the principal's own class");
    }
    world.assertUnharmed();
  });

  test("wrong credentials stay outside, and are counted", async () => {
    const world = await World.make();
    const wrong: [string | null, string][] = [
      ["acme/mallory", "wrong"],
      ["acme/root", "mallory"],
      ["globex/mallory", "mallory"],
      ["mallory", "mallory"],
      ["acme//mallory", "mallory"],
      ["acme/mallory/", "mallory"],
      ["constructor", "constructor"],
      ["__proto__", ""],
      [null, "mallory"],
    ];
    for (const [user, password] of wrong) {
      const answer = await world.authenticate("x", user, password);
      assert.ok(answer instanceof Refusal && answer.reason === RefusalReason.BadCredentials, String(user));
    }
    const token = { client: "x", user: null, password: null, token: "guess" };
    assert.ok((await world.gateway.authenticate(PEER, token)) instanceof Refusal);
    const refused = [...world.core.stats().authentications]
      .filter(([key]) => key.endsWith(",bad_credentials"))
      .reduce((sum, [, times]) => sum + times, 0);
    assert.equal(refused, wrong.length + 1);
    world.assertUnharmed();
  });

  test("credentials that change while they are looked at name nobody else", async () => {
    const world = await World.make();
    for (const calm of [1, 2, 3, 4, 5]) {
      let asked = 0;
      const shifting = {
        ...credentials("x", null, "mallory"),
        get user() {
          return asked++ < calm ? "acme/mallory" : "acme/root";
        },
      };
      const answer = await world.gateway.authenticate(PEER, shifting);
      if (!(answer instanceof Refusal)) assert.equal(answer.user, "mallory", `after ${calm} looks`);
    }
    world.assertUnharmed();
  });

  test("a principal cannot be turned into somebody else", async () => {
    const world = await World.make();
    const { principal, session } = await world.admitted();
    session.close(CloseReason.Normal);
    for (const [name, value] of Object.entries({ tenant: "globex", user: "root", client: "by-globex/root" })) {
      overwrite(principal, name, value);
      attempt(() => Object.setPrototypeOf(principal, { tenant: "globex", user: "root", client: "c", peer: PEER }));
      const opened = await world.gateway.openSession(principal, OPTIONS, new Recorder()).catch(() => null);
      if (opened === null || opened instanceof Refusal) continue;
      const { tenant, user, client } = opened.origin;
      assert.deepEqual([tenant, user, client], ["acme", "mallory", "m"], `after overwriting ${name}`);
    }
    world.assertUnharmed();
  });

  test("methods borrowed from a prototype do nothing without their session", async () => {
    const world = await World.make();
    const { session } = await world.admitted();
    const prototype: object = Object.getPrototypeOf(session);
    const message = Message.of(world.honest.origin, "open/m/x", new Uint8Array(1));
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const method = attempt((): unknown => Reflect.get(prototype, name));
      if (typeof method !== "function" || name === "constructor") continue;
      for (const self of [{}, null, world.gateway, message, Object.create(session)]) {
        const answer: unknown = attempt(() => Reflect.apply(method, self, [message, 1]));
        if (answer instanceof Promise) await answer.catch(() => {});
        else assert.ok(answer === "threw" || answer === undefined, name);
      }
    }
    const maker: unknown = Reflect.get(session, "constructor");
    if (typeof maker === "function") {
      const made: unknown = attempt(() =>
        Reflect.construct(maker, [{ state: session, publisher: session, limits: {} }]),
      );
      if (typeof made === "object" && made !== null) {
        attempt(() => Reflect.apply(Reflect.get(prototype, "publish"), made, [message, 1]));
      }
    }
    world.assertUnharmed();
  });

  test("nothing that the core exports or hands out can be changed for others", async () => {
    const world = await World.make();
    const { session, principal } = await world.admitted();
    const changed: string[] = [];
    const targets: [string, object][] = [];
    for (const [name, value] of Object.entries(contract)) {
      if (typeof value === "object" && value !== null) targets.push([name, value]);
      // A class, not a function: what hangs on a function has no effect on its calls.
      if (typeof value !== "function") continue;
      if (Reflect.getOwnPropertyDescriptor(value, "prototype")?.writable !== false) continue;
      targets.push([name, value], [`${name}.prototype`, value.prototype]);
    }
    for (const [name, value] of Object.entries({ session, principal, gateway: world.gateway })) {
      targets.push([name, value], [`${name}'s prototype`, Object.getPrototypeOf(value)]);
    }
    targets.push(["origin", session.origin], ["limits", world.gateway.limits], ["clock", world.gateway.clock]);
    for (const [name, target] of targets) {
      for (const key of [...Reflect.ownKeys(target), "unheardOf"]) {
        const before = Reflect.getOwnPropertyDescriptor(target, key);
        if (!overwrite(target, key, "changed")) continue;
        changed.push(`${name}.${String(key)}`);
        // Put back, for the tests that follow in this process.
        if (before === undefined) Reflect.deleteProperty(target, key);
        else Reflect.defineProperty(target, key, before);
      }
      if (Reflect.setPrototypeOf(target, { unheardOf: 1 })) changed.push(`the prototype of ${name}`);
    }
    assert.deepEqual(changed, []);
    assert.equal(send(session, "open/m/x", ""), Verdict.Accepted);
    world.assertUnharmed(["open/m/x"]);
  });

  test("subscribing and reading need a session too", async () => {
    const world = await World.make();
    const { session } = await world.admitted();
    const prototype: object = Object.getPrototypeOf(session);
    const subscribe: unknown = Reflect.get(prototype, "subscribe");
    assert.ok(typeof subscribe === "function");
    const device = new Recorder();
    await attemptLater(async () => Reflect.apply(subscribe, device, [[request("#")]]));
    send(world.honest, "open/a", "1");
    assert.deepEqual(device.topics, []);
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });
});
