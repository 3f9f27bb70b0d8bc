import assert from "node:assert/strict";
import { test } from "node:test";

import {
  closeReasonCode,
  FAILURE_FROM,
  isWorthRepeating,
  publishReason,
  refusalReason,
  refusalReturn,
  subscribeReason,
  unsubscribeReason,
} from "../reasons.ts";
import { CloseReason, isAccepted, RefusalReason, Verdict } from "../../../core/index.ts";

/** What the standard allows in each packet (3.4.2.1, 3.5.2.1, 3.9.3, 3.11.3, 3.2.2.2, 3.14.2.1). */
const inPuback = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const inSuback = [0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2];
const inUnsuback = [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91];
const inConnack = [
  0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c,
  0x9d, 0x9f,
];
const inDisconnect = [
  0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
  0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
];

test("every verdict has a code that its packet may carry, and success means taken", () => {
  for (const verdict of Object.values(Verdict)) {
    assert.ok(inPuback.includes(publishReason(verdict)), `PUBACK for ${verdict}`);
    assert.equal(publishReason(verdict) < FAILURE_FROM, isAccepted(verdict), `PUBACK for ${verdict}`);
    assert.ok(inUnsuback.includes(unsubscribeReason(verdict)), `UNSUBACK for ${verdict}`);
    if (verdict !== Verdict.Accepted) assert.ok(inSuback.includes(subscribeReason(verdict)), `SUBACK for ${verdict}`);
    if (isAccepted(verdict)) for (const qos of [1, 2] as const) assert.equal(isWorthRepeating(verdict, qos), false);
  }
});

test("every refusal and every close reason has a code that its packet may carry", () => {
  for (const reason of Object.values(RefusalReason)) {
    assert.ok(inConnack.includes(refusalReason(reason)), `CONNACK for ${reason}`);
    assert.ok(refusalReturn(reason) >= 1 && refusalReturn(reason) <= 5);
  }
  for (const reason of Object.values(CloseReason)) assert.ok(inDisconnect.includes(closeReasonCode(reason)));
});
