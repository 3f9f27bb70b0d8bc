import assert from "node:assert/strict";
import { test } from "node:test";
import { generate } from "mqtt-packet";

import { Fault, faults } from "../faults.ts";
import { FILTERS_PER_PACKET_MAX, readSubscribe, readUnsubscribe } from "../subscribe-packet.ts";
import { block, bytes, property, subscribe, text, unsubscribe, u16 } from "./packets.ts";

/** Behind the fixed header, which is two bytes in short packets. */
const HEADER = 2;

test("SUBSCRIBE of MQTT 5 with every option, as other people's code writes it", () => {
  const sent = generate(
    {
      cmd: "subscribe",
      messageId: 0xfffe,
      properties: { subscriptionIdentifier: 268_435_455, userProperties: { a: "b" } },
      subscriptions: [
        { topic: "a/#", qos: 2, nl: true, rap: true, rh: 2 },
        { topic: "$share/g/+", qos: 0, nl: false, rap: false, rh: 1 },
      ],
    },
    { protocolVersion: 5 },
  );
  assert.deepEqual(readSubscribe(sent, HEADER, sent.length, 5), {
    id: 0xfffe,
    requests: [
      { filter: "a/#", qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2, identifier: 268_435_455 },
      {
        filter: "$share/g/+",
        qos: 0,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 1,
        identifier: 268_435_455,
      },
    ],
  });
});

test("SUBSCRIBE of 3.1.1: retained messages each time", () => {
  const sent = subscribe(4, 9, [["x", 1]]);
  assert.deepEqual(readSubscribe(sent, HEADER, sent.length, 4), {
    id: 9,
    requests: [{ filter: "x", qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0, identifier: 0 }],
  });
});

test("UNSUBSCRIBE", () => {
  for (const level of [4, 5] as const) {
    const sent = unsubscribe(level, 10, ["a", "b/ü"]);
    assert.deepEqual(readUnsubscribe(sent, HEADER, sent.length, level), { id: 10, filters: ["a", "b/ü"] });
  }
});

test("cut anywhere they are refused, or are the packet without the last filters", () => {
  const both = [
    [
      subscribe(
        5,
        9,
        [
          ["first", 1],
          ["second", 2],
        ],
        block(property.subscriptionIdentifier(300)),
      ),
      readSubscribe,
    ],
    [unsubscribe(5, 9, ["first", "second"]), readUnsubscribe],
  ] as const;
  for (const [sent, read] of both) {
    let whole = 0;
    for (let end = HEADER; end < sent.length; end++) if (!(read(sent, HEADER, end, 5) instanceof Fault)) whole++;
    assert.equal(whole, 1, "only the cut between the filters is a packet");
  }
});

test("more filters than one packet may hold", () => {
  const filters = Array.from({ length: FILTERS_PER_PACKET_MAX + 1 }, () => text("f"));
  const content = bytes(u16(1), ...filters.flatMap((filter) => [filter, 0]));
  assert.equal(readSubscribe(content, 0, content.length, 4), faults.tooManyFilters);
  const names = bytes(u16(1), ...filters);
  assert.equal(readUnsubscribe(names, 0, names.length, 4), faults.tooManyFilters);
});
