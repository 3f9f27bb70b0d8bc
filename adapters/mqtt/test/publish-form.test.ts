import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { parser, type IPublishPacket } from "mqtt-packet";

import { Level } from "../packet.ts";
import {
  COPIED_PAYLOAD_MAX_BYTES,
  copyBytes,
  FormBuffer,
  identifierAt,
  makeMarked,
  makeWhole,
  MARKED_3,
  MARKED_5,
  TailoredHead,
  WHOLE_3,
  WHOLE_5,
} from "../publish-form.ts";
import { Message, type MessageProperties, type Origin } from "../../../core/index.ts";
import { directPeer } from "../../../net/peer.ts";

const origin: Origin = Object.freeze({
  tenant: "",
  device: "d",
  client: "d",
  user: "",
  via: [],
  protocol: "mqtt",
  protocolVersion: "5.0",
  listener: "mqtt",
  node: "n",
  peer: directPeer("mqtt", "", 0),
});

/** What other people's code reads in it. */
function read(bytes: Uint8Array, protocolVersion: number): IPublishPacket {
  const found: IPublishPacket[] = [];
  const reader = parser({ protocolVersion });
  reader.on("packet", (packet) => {
    if (packet.cmd === "publish") found.push(packet);
  });
  reader.on("error", (error: unknown) => assert.fail(String(error)));
  assert.equal(reader.parse(Buffer.from(bytes)), 0, "nothing is left over");
  assert.equal(found.length, 1);
  return found[0]!;
}

const arbitraryText = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !text.includes("\0"));
const arbitraryTopic = arbitraryText.filter((text) => text !== "" && !/[+#]/.test(text));
const arbitraryProperties = fc.option(
  fc.record({
    contentType: fc.option(arbitraryText),
    payloadIsText: fc.boolean(),
    responseTopic: fc.option(arbitraryTopic),
    correlationData: fc.option(fc.uint8Array({ maxLength: 40 })),
    // The other parser keeps them in a plain object: names that differ, and none that such an object has.
    user: fc.uniqueArray(
      fc.tuple(
        arbitraryText.filter((name) => !(name in {})),
        arbitraryText,
      ),
      {
        maxLength: 4,
        selector: ([name]) => name,
      },
    ),
  }),
);
const arbitraryPayload = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .integer({ min: COPIED_PAYLOAD_MAX_BYTES - 2, max: COPIED_PAYLOAD_MAX_BYTES + 3 })
    .map((size) => new Uint8Array(size).fill(size & 0xff)),
);

function assertProperties(got: IPublishPacket, properties: MessageProperties | null): void {
  const told = got.properties;
  assert.equal(told?.contentType ?? null, properties?.contentType ?? null);
  assert.equal(told?.responseTopic ?? null, properties?.responseTopic ?? null);
  assert.equal(told?.payloadFormatIndicator ?? false, properties?.payloadIsText ?? false);
  assert.deepEqual(
    told?.correlationData ? [...told.correlationData] : null,
    properties?.correlationData ? [...properties.correlationData] : null,
  );
  const user = Object.entries({ ...told?.userProperties }).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}=${one}`),
  );
  assert.deepEqual(user.toSorted(), (properties?.user ?? []).map(([name, value]) => `${name}=${value}`).toSorted());
}

describe("against mqtt-packet", () => {
  test("whole and marked forms of any message", () => {
    fc.assert(
      fc.property(
        arbitraryTopic,
        arbitraryPayload,
        arbitraryProperties,
        fc.boolean(),
        (topic, payload, properties, isV5) => {
          const message = Message.of(origin, topic, payload, 1, false, 0, properties);
          const buffer = new FormBuffer();
          const level = isV5 ? Level.V5 : Level.V311;
          const tail = payload.length > COPIED_PAYLOAD_MAX_BYTES ? payload : new Uint8Array(0);
          const whole = makeWhole(message, isV5 ? WHOLE_5 : WHOLE_3, level, buffer);
          const marked = makeMarked(message, isV5 ? MARKED_5 : MARKED_3, level, buffer);
          assert.equal(message.encodedAs(isV5 ? WHOLE_5 : WHOLE_3), whole);
          assert.equal(message.encodedAs(isV5 ? MARKED_5 : MARKED_3), marked);
          assert.equal(message.encodedAs(isV5 ? WHOLE_3 : WHOLE_5), null);
          for (const form of [whole, marked]) {
            const bytes = Buffer.concat([form.bytes.slice(form.start, form.end), tail]);
            if (form === marked) bytes.writeUInt16BE(0xabcd, identifierAt(form.bytes, form.start) - form.start);
            const got = read(bytes, level);
            assert.equal(got.topic, topic);
            assert.deepEqual(Buffer.from(got.payload), Buffer.from(payload));
            assert.deepEqual([got.qos, got.dup, got.retain], [form === marked ? 1 : 0, false, false]);
            assert.equal(got.messageId, form === marked ? 0xabcd : undefined);
            assertProperties(got, isV5 ? properties : null);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("tailored packets of any message", () => {
    const arbitrary = fc.record({
      level: fc.constantFrom(Level.V31, Level.V311, Level.V5),
      qos: fc.integer({ min: 0, max: 2 }),
      id: fc.integer({ min: 1, max: 65_535 }),
      isRetained: fc.boolean(),
      alias: fc.integer({ min: 0, max: 65_535 }),
      identifiers: fc.option(fc.array(fc.integer({ min: 1, max: 268_435_455 }), { minLength: 1, maxLength: 3 })),
      expiry: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 0xffff_ffff })),
    });
    fc.assert(
      fc.property(
        arbitraryTopic,
        arbitraryPayload,
        arbitraryProperties,
        arbitrary,
        (topic, payload, properties, asked) => {
          const message = Message.of(origin, topic, payload, 1, false, 0, properties);
          const head = new TailoredHead(message, { ...asked, topic, isDuplicate: asked.qos > 0 });
          const target = new Uint8Array(head.size + 10).fill(0xee);
          assert.equal(head.write(target, 5), 5 + head.size);
          assert.equal(target[4], 0xee);
          assert.equal(target[5 + head.size], 0xee);
          const bytes = Buffer.concat([target.subarray(5, 5 + head.size), payload]);
          assert.equal(bytes.length, head.packetSize);
          const got = read(bytes, asked.level);
          assert.equal(got.topic, topic);
          assert.deepEqual(Buffer.from(got.payload), Buffer.from(payload));
          assert.deepEqual([got.qos, got.dup, got.retain], [asked.qos, asked.qos > 0, asked.isRetained]);
          assert.equal(got.messageId, asked.qos > 0 ? asked.id : undefined);
          if (asked.level !== Level.V5) return assert.equal(got.properties, undefined);
          assertProperties(got, properties);
          assert.equal(got.properties?.messageExpiryInterval ?? -1, asked.expiry);
          assert.equal(got.properties?.topicAlias ?? 0, asked.alias);
          assert.deepEqual([got.properties?.subscriptionIdentifier ?? []].flat(), asked.identifiers ?? []);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test("what MQTT cannot say is left out: U+0000, too long, wildcards in a response topic", () => {
  const long = "x".repeat(65_536);
  const properties: MessageProperties = {
    contentType: "a\0b",
    payloadIsText: true,
    responseTopic: "a/#",
    correlationData: new Uint8Array(65_536),
    user: [
      ["a", "1"],
      ["b", "\0"],
      [long, "c"],
      ["d", long],
      ["e", "2"],
    ],
  };
  const message = Message.of(origin, "t", new Uint8Array(0), 0, false, 0, properties);
  const form = makeWhole(message, WHOLE_5, Level.V5, new FormBuffer());
  const got = read(form.bytes.subarray(form.start, form.end), 5);
  assert.deepEqual(
    { ...got.properties, userProperties: { ...got.properties?.userProperties } },
    { payloadFormatIndicator: true, userProperties: { a: "1", e: "2" } },
  );
});

test("forms of earlier messages are never written over", () => {
  const buffer = new FormBuffer();
  const kept: [Uint8Array, string][] = [];
  for (let i = 0; i < 3000; i++) {
    const message = Message.of(origin, `topic/${i}`, Buffer.from(`payload ${i}`.repeat(1 + (i % 40))));
    const form = makeWhole(message, WHOLE_3, Level.V311, buffer);
    const view = form.bytes.subarray(form.start, form.end);
    kept.push([view, Buffer.from(view).toString("hex")]);
  }
  for (const [view, then] of kept) assert.equal(Buffer.from(view).toString("hex"), then);
});

test("bytes are copied whole at every length", () => {
  const from = new Uint8Array(1000).map((_, i) => i & 0xff);
  for (let length = 0; length < 400; length++) {
    const to = new Uint8Array(600).fill(0xee);
    copyBytes(from, 100, 100 + length, to, 7);
    assert.deepEqual(to.subarray(7, 7 + length), from.subarray(100, 100 + length));
    assert.deepEqual([to[6], to[7 + length]], [0xee, 0xee]);
  }
});
