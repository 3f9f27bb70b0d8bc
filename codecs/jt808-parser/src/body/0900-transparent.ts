// A table. Bytes of others: transparent data both ways (0x0900, 0x8900), compressed messages (0x0901), RSA keys (0x0A00,
// 0x8A00). In 2011 transparent data is split by the messages themselves: total, then the length in this message.

import { bytes, counting, field, record, restBytes, u16, u32, u8 } from "../layout.ts";
import { message, versionedMessage } from "../message.ts";
import { choice } from "../native.ts";

/** 0xF7 and 0xF8 are of T/JSATL 12-2017. */
const kind = choice({
  0x00: "gnss_detail",
  0x0b: "ic_card",
  0x41: "serial_port_1",
  0x42: "serial_port_2",
  0xf7: "peripheral_state",
  0xf8: "peripheral_info",
});

const transparent = record([field("type", u8, { native: kind }), field("data", restBytes)]);
const transparent2011 = record([
  field("type", u8, { native: kind }),
  field("total", u32, { derive: counting("data") }),
  field("length", u16, { derive: counting("data") }),
  field("data", restBytes, { countedBy: "length" }),
]);
const versions = { 2011: transparent2011, 2013: transparent, 2019: transparent };

const compressed = record([
  field("length", u32, { derive: counting("data") }),
  field("data", restBytes, { countedBy: "length" }),
]);

const MODULUS_BYTES = 128;
const key = record([field("e", u32, { as: "exponent" }), field("n", bytes(MODULUS_BYTES), { as: "modulus" })]);

export const transparentMessages = [
  versionedMessage(0x0900, "up", "transparent", versions),
  versionedMessage(0x8900, "down", "send_transparent", versions),
  message(0x0901, "up", "compressed", compressed),
  message(0x0a00, "up", "rsa_key", key),
  message(0x8a00, "down", "platform_rsa_key", key),
] as const;
