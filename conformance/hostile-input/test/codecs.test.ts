import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { DecodeFault as ProxyFault, NO_PROXY_HEADER, ProxyDecoder, readProxyDatagram } from "haproxy-protocol";
import { BODY_VERSIONS, DecodeFault, FRAME_MAX_BYTES, Jt808Bodies, Jt808Decoder } from "jt808-parser";
import { Gbt32960Bodies, Gbt32960Decoder, Gbt32960Frame } from "gbt32960-parser";
import { FAULT, MORE, PacketDecoder } from "../../../adapters/mqtt/decoder.ts";
import { Random } from "../../random.ts";
import { attackCodec, type CodecTarget } from "../codec-attack.ts";
import {
  gbt32960Frames,
  joinAll,
  jt808Frames,
  mendGbt32960,
  mendJt808,
  mqttPackets,
  mqttSessions,
  proxyHeaders,
} from "./seeds.ts";

const PROXY_MAX_BYTES = 1_024;
const PACKET_MAX_BYTES = 4_096;
const GBT32960_MAX_BYTES = 2_000;

async function run(context: TestContext, target: CodecTarget): Promise<void> {
  const random = Random.fromEnvironment();
  context.diagnostic(`seed ${random.seed}`);
  const { inputs, truncations, sound, grownBytes } = await attackCodec(target, random);
  const grown = `${Math.round(grownBytes / 1024)} KiB more in use`;
  context.diagnostic(`${inputs} inputs and ${truncations} truncations, ${sound} with something sound, ${grown}`);
}

test("haproxy-protocol: streams and datagrams", { timeout: 600_000 }, (context) =>
  run(context, {
    seeds: proxyHeaders(),
    feed(input, step) {
      const decoder = new ProxyDecoder(PROXY_MAX_BYTES);
      const half = input.length >> 1;
      let sound = 0;
      for (const part of [input.subarray(0, half), input.subarray(half)]) {
        decoder.push(part);
        step();
        const found = decoder.next();
        if (found === null || found === NO_PROXY_HEADER || found instanceof ProxyFault) continue;
        sound++;
      }
      assert.ok(decoder.rest().length <= input.length);
      step();
      readProxyDatagram(input);
      return sound;
    },
  }),
);

test("jt808-parser: frames and the bodies in them", { timeout: 600_000 }, (context) => {
  const bodies = new Jt808Bodies();
  // Long-lived, as a connection's: what one input leaves behind meets the next.
  const decoder = new Jt808Decoder(FRAME_MAX_BYTES);
  return run(context, {
    seeds: jt808Frames(),
    mend: mendJt808,
    feed(input, step) {
      decoder.push(input);
      let sound = 0;
      for (let found = decoder.next(); found !== null; found = decoder.next()) {
        step();
        if (found instanceof DecodeFault) continue;
        sound++;
        bodies.read(found, BODY_VERSIONS)?.toNative();
      }
      return sound;
    },
  });
});

test("gbt32960-parser: frames and the data units in them", { timeout: 600_000 }, (context) => {
  const bodies = new Gbt32960Bodies();
  return run(context, {
    seeds: gbt32960Frames(),
    mend: mendGbt32960,
    feed(input, step) {
      const decoder = new Gbt32960Decoder(GBT32960_MAX_BYTES);
      const half = input.length >> 1;
      let sound = 0;
      for (const part of [input.subarray(0, half), input.subarray(half)]) {
        decoder.push(part);
        for (let found = decoder.next(); found !== null; found = decoder.next()) {
          step();
          if (!(found instanceof Gbt32960Frame)) continue;
          sound++;
          bodies.read(found)?.toNative();
        }
      }
      assert.ok(decoder.pendingBytes < GBT32960_MAX_BYTES);
      return sound;
    },
  });
});

test("mqtt: packets cut from the stream", { timeout: 600_000 }, (context) =>
  run(context, {
    seeds: [...mqttPackets(), ...mqttSessions(), joinAll(...mqttPackets())],
    feed(input, step) {
      const decoder = new PacketDecoder(PACKET_MAX_BYTES);
      const half = input.length >> 1;
      let sound = 0;
      for (const part of [input.subarray(0, half), input.subarray(half)]) {
        decoder.push(part);
        for (let found = decoder.next(); found !== MORE && found !== FAULT; found = decoder.next()) {
          step();
          sound++;
          assert.ok(decoder.start < decoder.body && decoder.body <= decoder.end);
          assert.ok(decoder.end <= decoder.bytes.length && decoder.end - decoder.start <= PACKET_MAX_BYTES);
        }
      }
      return sound;
    },
  }),
);
