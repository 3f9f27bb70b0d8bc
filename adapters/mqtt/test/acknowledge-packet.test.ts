import assert from "node:assert/strict";
import { test } from "node:test";
import { generate, type Packet } from "mqtt-packet";

import { readAcknowledge, readDisconnect } from "../acknowledge-packet.ts";
import { Fault } from "../faults.ts";

const HEADER = 2;

test("acknowledgements of MQTT 5 with reason and properties, as other people's code writes them", () => {
  const rows = [
    ["puback", 4, 0x97],
    ["pubrec", 5, 0x10],
    ["pubrel", 6, 0x92],
    ["pubcomp", 7, 0x92],
  ] as const;
  for (const [cmd, type, reasonCode] of rows) {
    const sent: Packet = {
      cmd,
      messageId: 4660,
      reasonCode,
      properties: { reasonString: "why", userProperties: { a: "b" } },
    };
    const bytes = generate(sent, { protocolVersion: 5 });
    assert.deepEqual(readAcknowledge(bytes, HEADER, bytes.length, type), { id: 4660, reason: reasonCode });
    for (let end = HEADER; end < bytes.length; end++) {
      const outcome = readAcknowledge(bytes, HEADER, end, type);
      // Without its properties, or without its reason as well, it is a packet too.
      assert.equal(outcome instanceof Fault, end !== HEADER + 2 && end !== HEADER + 3, `${cmd} cut at ${end}`);
    }
  }
});

test("DISCONNECT of MQTT 5", () => {
  const bytes = generate(
    {
      cmd: "disconnect",
      reasonCode: 4,
      properties: { sessionExpiryInterval: 145, reasonString: "why", userProperties: { a: "b" } },
    },
    { protocolVersion: 5 },
  );
  assert.deepEqual(readDisconnect(bytes, HEADER, bytes.length), { reason: 4, sessionExpiry: 145 });
  assert.deepEqual(readDisconnect(bytes, HEADER, HEADER), { reason: 0, sessionExpiry: null });
  assert.deepEqual(readDisconnect(bytes, HEADER, HEADER + 1), { reason: 4, sessionExpiry: null });
  for (let end = HEADER + 2; end < bytes.length; end++) assert.ok(readDisconnect(bytes, HEADER, end) instanceof Fault);
});
