// What stands in front of the requests, and what a stop does to those that run.

import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, test } from "node:test";
import { Verdict } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { Random } from "../../../conformance/random.ts";
import { basic, codeOf, withRig } from "./rig.ts";

const proxyProtocol: { mode: "require"; trusted: string[] } = { mode: "require", trusted: ["127.0.0.0/8"] };

suite("PROXY protocol", () => {
  test("the stated address is the publisher's", () =>
    withRig({ listener: { proxyProtocol } }, async (rig) => {
      const { messages } = await rig.subscriber("#");
      const socket = await rig.raw();
      socket.write(
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n" +
          "POST /v1/topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx",
      );
      const [answer] = (await once(socket, "data")) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1.1 202 /);
      const { address, port, proxy } = messages[0]!.origin.peer;
      assert.deepEqual([address, port, proxy], ["203.0.113.7", 4711, "127.0.0.1"]);
      socket.destroy();
    }));

  test("no session is shared between two stated addresses", () =>
    withRig({ listener: { proxyProtocol } }, async (rig) => {
      for (const address of ["203.0.113.7", "203.0.113.8"]) {
        const socket = await rig.raw();
        const { authorization } = basic("acme/truck-7");
        socket.write(
          `PROXY TCP4 ${address} 192.0.2.1 4711 80\r\n` +
            `POST /v1/topics/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nContent-Length: 1\r\n\r\nx`,
        );
        await once(socket, "data");
        socket.destroy();
      }
      assert.equal(rig.authentications, 2);
    }));
});

suite("stop", () => {
  test("lets a running request end, refuses what comes behind it on the same connection", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    gateway.script.publish = () => Verdict.Pending;
    await withRig({ gateway }, async (rig) => {
      const running = rig.post("a", "x");
      await gateway.until(() => gateway.sessions[0]?.pending.length === 1, "one that runs");
      const socket = await rig.raw();
      await rig.until(() => gateway.meter("http").connections === 2, "both connections");
      const stopped = rig.adapter.stop(AbortSignal.timeout(2_000));
      socket.write("GET /v1/topics/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const [answer] = (await once(socket, "data")) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1.1 503 .*"stopping"/s);
      const session = gateway.sessions[0]!;
      session.settle(session.pending[0]!, Verdict.Accepted);
      assert.equal((await running).status, 202);
      await stopped;
    });
  });

  test("cuts off at the deadline what does not end", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    gateway.script.publish = () => Verdict.Pending;
    await withRig({ gateway }, async (rig) => {
      const running = rig.post("a", "x").catch((error: unknown) => (error as { code: string }).code);
      await gateway.until(() => gateway.sessions[0]?.pending.length === 1, "one that runs");
      await rig.adapter.stop(AbortSignal.timeout(50));
      assert.equal(await running, "ECONNRESET");
      assert.equal(gateway.clock.armed, 0);
    });
  });

  test("afterwards nothing of it is remembered", () =>
    withRig({}, async (rig) => {
      const headers = { "idempotency-key": "k" };
      assert.equal((await rig.post("a", "x", headers)).status, 202);
      await rig.adapter.stop(AbortSignal.timeout(1_000));
      assert.equal(rig.core.stats().sessions, 0);
      await rig.adapter.start();
      const again = await rig.post("a", "y", headers);
      assert.equal(again.status, 202, again.status === 202 ? "" : codeOf(again));
    }));
});

test("random bytes: answered or hung up on, and others are served", (context) =>
  withRig({}, async (rig) => {
    const random = Random.fromEnvironment();
    context.diagnostic(`seed ${random.seed}`);
    const good = "POST /v1/topics/a?qos=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nX-Y: z\r\n\r\nabc";
    for (let n = 0; n < 300; n++) {
      const bytes = Buffer.from(good, "latin1");
      for (let flips = 1 + random.below(4); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256);
      const socket = await rig.raw();
      socket.on("error", () => undefined);
      const noise = Buffer.from(Array.from({ length: 1 + random.below(200) }, () => random.below(256)));
      socket.end(random.oneIn(8) ? noise : bytes);
      socket.resume();
      await once(socket, "close");
    }
    assert.equal((await rig.post("a", "x")).status, 202);
  }));
