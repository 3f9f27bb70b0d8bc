// A table. The drive recorder of GB/T 19056: asked (0x8700), told (0x0700), set (0x8701); its packets are carried as they
// are. And the electronic waybill (0x0701), in which some vendors send other texts. In 2011 the answer has no serial, and
// a long block is split by the messages themselves: total, then the length in this message.

import { counting, field, record, restBytes, u16, u32, u8 } from "../layout.ts";
import { message, versionedMessage } from "../message.ts";

const block = record([field("command", u8), field("param", restBytes)]);

const answer = record([field("seq", u16, { as: "serial" }), field("command", u8), field("data", restBytes)]);
const answer2011 = record([
  field("command", u8),
  field("total", u16, { derive: counting("data") }),
  field("length", u16, { derive: counting("data") }),
  field("data", restBytes, { countedBy: "length" }),
]);

const waybill = record([
  field("length", u32, { derive: counting("data") }),
  field("data", restBytes, { countedBy: "length" }),
]);

export const recorderMessages = [
  message(0x8700, "down", "query_recorder", block),
  versionedMessage(0x0700, "up", "recorder", { 2011: answer2011, 2013: answer, 2019: answer }),
  message(0x8701, "down", "set_recorder", block),
  message(0x0701, "up", "waybill", waybill),
] as const;
