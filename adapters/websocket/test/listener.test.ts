// Upgrades, byte streams in binary frames, and frames that no browser sends, over real sockets.

import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, test } from "node:test";
import type { WebSocket } from "ws";
import { Random } from "../../../conformance/random.ts";
import { StreamEnd } from "../../../net/stream.ts";
import { frame, Opcode, RawWebSocket, upgradeRequest } from "./raw-web-socket.ts";
import { Page, withRig } from "./rig.ts";
import type { Rig } from "./rig.ts";

const pattern = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * 7) & 0xff));

/** What the gateway sent back in binary frames, until there are so many bytes. */
async function bytesOf(raw: RawWebSocket, length: number): Promise<Buffer> {
  const all = (): Buffer =>
    Buffer.concat(raw.frames.filter(({ opcode }) => opcode === Opcode.Binary).map(({ payload }) => payload));
  await raw.until(() => all().length >= length, `${length} bytes`);
  return all();
}

suite("upgrade", () => {
  const refused: readonly (readonly [string, Buffer, RegExp])[] = [
    ["an unknown sub-protocol", upgradeRequest("amqp"), /^HTTP\/1.1 400 .*sub-protocols spoken here: echo, tributary/s],
    ["no sub-protocol", upgradeRequest(null), /^HTTP\/1.1 400 .*unknown_subprotocol/s],
    ["another path", upgradeRequest("echo", {}, "/other"), /^HTTP\/1.1 404 .*\/mqtt/s],
    [
      "a page from elsewhere",
      upgradeRequest("echo", { Origin: "https://evil.example" }),
      /^HTTP\/1.1 403 .*origin_not_allowed/s,
    ],
    ["bad credentials", upgradeRequest("echo", { Authorization: "Basic !" }), /^HTTP\/1.1 401 .*bad_credentials/s],
    ["another version", upgradeRequest("echo", { "Sec-WebSocket-Version": "7" }), /^HTTP\/1.1 400 /],
    ["a bad key", upgradeRequest("echo", { "Sec-WebSocket-Key": "short" }), /^HTTP\/1.1 400 /],
    ["another upgrade", upgradeRequest("echo", { Upgrade: "h2c" }), /^HTTP\/1.1 400 /],
    [
      "a plain request",
      Buffer.from("GET /mqtt HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      /^HTTP\/1.1 426 .*upgrade_required/s,
    ],
  ];
  for (const [name, bytes, expected] of refused) {
    test(`${name} is refused, and the connection closed`, () =>
      withRig({}, async (rig) => {
        const raw = await RawWebSocket.open(rig.port);
        raw.socket.write(bytes);
        const head = await raw.head();
        assert.match(`${head}\r\n${await raw.body()}`, expected);
        assert.equal(rig.echoes.length, 0);
      }));
  }

  test("the same host, the list, and `*` let pages in", () =>
    withRig({ listener: { origins: ["https://app.example"] } }, async (rig) => {
      for (const origin of ["http://localhost", "https://app.example"]) {
        const raw = await rig.raw("echo", { Origin: origin });
        assert.match(await raw.head(), /^HTTP\/1.1 101 .*\r\nSec-WebSocket-Protocol: echo/s);
        raw.destroy();
      }
    }));

  test("no extension is agreed to", () =>
    withRig({}, async (rig) => {
      const raw = await rig.raw("echo", { "Sec-WebSocket-Extensions": "permessage-deflate" });
      assert.doesNotMatch(await raw.head(), /Extensions/i);
      raw.destroy();
    }));

  test("another path, where that is configured", () =>
    withRig({ listener: { path: "/ws" } }, async (rig) => {
      (await rig.connect("echo", "/ws?token=x")).terminate();
    }));

  test("none is made while the gateway stops", () =>
    withRig({}, async (rig) => {
      const raw = await RawWebSocket.open(rig.port);
      await rig.until(() => rig.meter.connections === 1, "the connection");
      const bytes = upgradeRequest("tributary.v1.json");
      raw.socket.write(bytes.subarray(0, 40));
      await new Promise(setImmediate);
      const stopped = rig.adapter.stop(AbortSignal.timeout(2_000));
      raw.socket.write(bytes.subarray(40));
      assert.match(await raw.head(), /^HTTP\/1.1 503 /);
      await stopped;
    }));

  test("half an upgrade request is not waited for", () =>
    withRig({ listener: { firstFrameTimeoutMs: 1_000 } }, async (rig) => {
      const raw = await RawWebSocket.open(rig.port);
      raw.socket.write(upgradeRequest("echo").subarray(0, 60));
      await rig.until(() => rig.meter.connections === 1, "the connection");
      rig.gateway.clock.advance(1_100);
      await rig.until(() => raw.isClosed, "its end");
    }));
});

suite("a byte stream in binary frames", () => {
  test("is the same bytes, however they are cut into frames", () =>
    withRig({}, async (rig) => {
      const bytes = pattern(300);
      for (const size of [1, 2, 3, 7, 64, 125, 126, 127, 299, 300]) {
        const raw = await rig.raw("echo");
        for (let at = 0; at < bytes.length; at += size) {
          raw.socket.write(frame(Opcode.Binary, bytes.subarray(at, at + size)));
        }
        assert.deepEqual(await bytesOf(raw, bytes.length), bytes, `frames of ${size}`);
        assert.deepEqual(rig.echoes.at(-1)!.received, bytes);
        raw.destroy();
      }
    }));

  test("is the same bytes over fragments, with pings between them", () =>
    withRig({}, async (rig) => {
      const raw = await rig.raw("echo");
      const bytes = pattern(90);
      raw.socket.write(
        Buffer.concat([
          frame(Opcode.Binary, bytes.subarray(0, 30), { fin: false }),
          frame(Opcode.Ping, "hello"),
          frame(Opcode.Continuation, bytes.subarray(30, 60), { fin: false }),
          frame(Opcode.Continuation, bytes.subarray(60)),
        ]),
      );
      assert.deepEqual(await bytesOf(raw, 90), bytes);
      const pong = raw.frames.find(({ opcode }) => opcode === Opcode.Pong);
      assert.equal(pong?.payload.toString(), "hello", "a ping is answered between fragments");
      raw.destroy();
    }));

  test("is the same bytes when the sub-protocol's bytes come one by one", () =>
    withRig({}, async (rig) => {
      const raw = await RawWebSocket.open(rig.port);
      const all = Buffer.concat([upgradeRequest("echo"), frame(Opcode.Binary, pattern(40))]);
      for (const byte of all) {
        raw.socket.write(Buffer.from([byte]));
        await new Promise(setImmediate);
      }
      assert.deepEqual(await bytesOf(raw, 40), pattern(40));
      raw.destroy();
    }));

  test("what is gathered in a turn leaves as one frame", () =>
    withRig({}, async (rig) => {
      const raw = await rig.raw("echo");
      const frames = Array.from({ length: 50 }, (_, n) => frame(Opcode.Binary, Buffer.from([n])));
      raw.socket.write(Buffer.concat(frames));
      assert.equal((await bytesOf(raw, 50)).length, 50);
      assert.ok(raw.frames.length < 10, `${raw.frames.length} frames`);
      assert.equal(rig.echoes[0]!.chunks, 50);
      raw.destroy();
    }));

  test("large payloads, both ways", () =>
    withRig({}, async (rig) => {
      const client = await rig.connect("echo");
      const bytes = pattern(1_500_000);
      client.send(bytes);
      assert.deepEqual(await received(client, bytes.length), bytes);
      client.terminate();
    }));

  test("a text frame closes with 1003, and nothing behind it counts", () =>
    withRig({}, async (rig) => {
      const raw = await rig.raw("echo");
      raw.socket.write(Buffer.concat([frame(Opcode.Text, "x"), frame(Opcode.Binary, "y")]));
      assert.equal(await raw.closeCode(), 1003);
      assert.equal(rig.echoes[0]!.received.length, 0);
      assert.equal(rig.meter.protocolErrors.get("WEBSOCKET_FRAME_TYPE"), 1);
      raw.destroy();
    }));

  test("each side's end is seen by the other", () =>
    withRig({}, async (rig) => {
      const leaving = await rig.connect("echo");
      leaving.close(1000);
      await rig.until(() => rig.echoes[0]!.ended !== null, "the end");
      const staying = await rig.connect("echo");
      const closed = once(staying, "close");
      rig.echoes[1]!.wire.end();
      assert.equal(((await closed) as [number])[0], 1000);
      await rig.until(() => rig.echoes[1]!.ended !== null, "the end");
      const lost = await rig.connect("echo");
      lost.terminate();
      await rig.until(() => rig.echoes[2]!.ended !== null, "the end");
      assert.notEqual(rig.echoes[2]!.ended, StreamEnd.Local);
    }));

  test("a stop lets the stream say goodbye", () =>
    withRig({}, async (rig) => {
      const client = await rig.connect("echo");
      const bye = received(client, 3);
      await rig.adapter.stop(AbortSignal.timeout(1_000));
      assert.equal((await bye).toString(), "bye");
    }));

  test("a reader that does not read is bounded, and cut off as a slow consumer", () =>
    withRig({ listener: { highWaterMarkBytes: 65_536, outputMaxBytes: 1_000_000 } }, async (rig) => {
      const client = await rig.connect("echo");
      client.pause();
      const { wire } = rig.echoes[0]!;
      const block = pattern(65_536);
      let isFull = false;
      for (let n = 0; n < 1_000 && rig.echoes[0]!.ended === null; n++) {
        if (!wire.write(block, 0, block.length)) isFull = true;
        await new Promise(setImmediate);
      }
      assert.ok(isFull);
      await rig.until(() => rig.echoes[0]!.ended !== null, "its end");
      assert.equal(rig.meter.connectionsClosed.get("slow_consumer"), 1);
      client.terminate();
    }));

  test("back-pressure: full, then writable again", () =>
    withRig({ listener: { highWaterMarkBytes: 65_536 } }, async (rig) => {
      const client = await rig.connect("echo");
      client.pause();
      const { wire } = rig.echoes[0]!;
      const block = pattern(65_536);
      let sent = 0;
      while (sent < 200 && wire.write(block, 0, block.length)) {
        sent++;
        await new Promise(setImmediate);
      }
      assert.ok(sent < 200, "it was never full");
      const all = received(client, (sent + 1) * block.length);
      client.resume();
      await all;
      await rig.until(() => rig.echoes[0]!.writable > 0, "onWritable");
      client.terminate();
    }));

  test("no first bytes in time: closed, and counted as that", () =>
    withRig({ listener: { firstFrameTimeoutMs: 1_000 } }, async (rig) => {
      const client = await rig.connect("echo");
      rig.gateway.clock.advance(1_100);
      await once(client, "close");
      assert.equal(rig.meter.connectionsClosed.get("first_frame_timeout"), 1);
    }));
});

async function received(client: WebSocket, length: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  await new Promise<void>((resolve) => {
    client.on("message", (data: Buffer) => {
      bytes = Buffer.concat([bytes, data]);
      if (bytes.length >= length) resolve();
    });
  });
  return bytes;
}

suite("frames that no browser sends", () => {
  const big = Buffer.alloc(10);
  big.set([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  const hostile: readonly (readonly [string, Buffer, number])[] = [
    ["not masked", frame(Opcode.Binary, "x", { masked: false }), 1002],
    ["a reserved bit", frame(Opcode.Binary, "x", { rsv: 0x40 }), 1002],
    ["a reserved opcode", frame(3, "x"), 1002],
    ["a continuation of nothing", frame(Opcode.Continuation, "x"), 1002],
    ["two beginnings", Buffer.concat([frame(Opcode.Binary, "x", { fin: false }), frame(Opcode.Binary, "y")]), 1002],
    ["a ping in fragments", frame(Opcode.Ping, "x", { fin: false }), 1002],
    ["a ping of 126 bytes", frame(Opcode.Ping, Buffer.alloc(126)), 1002],
    ["a closing frame of one byte", frame(Opcode.Close, Buffer.from([3])), 1002],
    ["a closing code that is none", frame(Opcode.Close, Buffer.from([0, 1])), 1002],
    ["a length of 2^64 - 1", big, 1009],
    ["text that is no UTF-8", frame(Opcode.Text, Buffer.from([0xff, 0xfe])), 1007],
  ];
  for (const protocol of ["echo", "tributary.v1.json"]) {
    for (const [name, bytes, code] of hostile) {
      test(`${protocol}: ${name} closes with ${code}`, () =>
        withRig({}, async (rig) => {
          const raw = await rig.raw(protocol);
          raw.socket.write(bytes);
          assert.equal(await raw.closeCode(), code);
          assert.equal(rig.meter.protocolErrors.get("WEBSOCKET_FRAME"), 1);
          raw.destroy();
        }));
    }
  }

  test("fragments without end are not gathered without end", () =>
    withRig({ config: { frameMaxBytes: 10_000 } }, async (rig) => {
      const raw = await rig.raw("tributary.v1.json");
      raw.socket.write(frame(Opcode.Text, "x".repeat(6_000), { fin: false }));
      raw.socket.write(frame(Opcode.Continuation, "x".repeat(6_000), { fin: false }));
      assert.equal(await raw.closeCode(), 1009);
      raw.destroy();
    }));
});

async function pings(raw: RawWebSocket, count: number): Promise<void> {
  await raw.until(() => raw.frames.filter(({ opcode }) => opcode === Opcode.Ping).length === count, `${count} pings`);
}

async function opened(rig: Rig, protocol: string): Promise<RawWebSocket> {
  if (protocol !== "echo") return (await Page.connected(rig)).raw;
  const raw = await rig.raw("echo");
  raw.socket.write(frame(Opcode.Binary, "x"));
  await bytesOf(raw, 1);
  return raw;
}

test("a PROXY header before the upgrade names the peer", () =>
  withRig({ listener: { proxyProtocol: { mode: "require", trusted: ["127.0.0.1"] } } }, async (rig) => {
    const raw = await RawWebSocket.open(rig.port);
    const header = Buffer.from("PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n");
    raw.socket.write(Buffer.concat([header, upgradeRequest("echo"), frame(Opcode.Binary, "x")]));
    await bytesOf(raw, 1);
    const { address, port, proxy } = rig.echoes[0]!.peer;
    assert.deepEqual([address, port, proxy], ["203.0.113.7", 4711, "127.0.0.1"]);
    raw.destroy();
  }));

test("random frames: answered or hung up on, and others are served", (context) =>
  withRig({ config: { frameMaxBytes: 65_536 } }, async (rig) => {
    const random = Random.fromEnvironment();
    context.diagnostic(`seed ${random.seed}`);
    for (let n = 0; n < 300; n++) {
      const raw = await RawWebSocket.open(rig.port);
      const noise = Buffer.from(Array.from({ length: 1 + random.below(300) }, () => random.below(256)));
      const text = '{"type":"publish","id":1,"topic":"t","payload":"x","qos":1}';
      const whole = frame(random.below(16), random.oneIn(2) ? noise : text, { fin: !random.oneIn(4) });
      if (random.oneIn(3)) whole[random.below(whole.length)] = random.below(256);
      const connect = frame(Opcode.Text, '{"type":"connect"}');
      const protocol = random.oneIn(2) ? "echo" : "tributary.v1.json";
      raw.socket.end(Buffer.concat([upgradeRequest(protocol), connect, random.oneIn(3) ? noise : whole]));
      await raw.until(() => raw.isClosed, "the end");
    }
    const page = await Page.connected(rig);
    page.raw.destroy();
  }));

suite("ping", () => {
  for (const protocol of ["echo", "tributary.v1.json"]) {
    test(`${protocol}: who gives no sign of life between two pings is cut off`, () =>
      withRig({ config: { pingIntervalMs: 1_000 } }, async (rig) => {
        const raw = await opened(rig, protocol);
        for (let n = 1; n <= 3; n++) {
          rig.gateway.clock.advance(1_000);
          await pings(raw, n);
          raw.socket.write(frame(Opcode.Pong, ""));
          await rig.until(() => rig.meter.connections === 1, "still there");
          await new Promise(setImmediate);
          await new Promise(setImmediate);
        }
        rig.gateway.clock.advance(1_000);
        await pings(raw, 4);
        rig.gateway.clock.advance(1_000);
        await rig.until(() => raw.isClosed, "its end");
        assert.equal(rig.meter.protocolErrors.get("WEBSOCKET_SILENT"), 1);
      }));
  }
});
