// A table. Registration (0x0100), which differs in every version by the widths of three texts, and its answer (0x8100).
// The tables of 2011 print wrong offsets behind the terminal's id; order and widths are right.

import { field, fixedText, record, restText, u16, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { message, versionedMessage } from "../message.ts";
import { choice } from "../native.ts";

function register(manufacturer: number, model: number, id: number): RecordType {
  return record([
    field("province", u16),
    field("city", u16),
    field("manufacturer", fixedText(manufacturer)),
    field("model", fixedText(model)),
    field("dev_id", fixedText(id), { as: "terminalId" }),
    field("color", u8, { as: "plateColor" }),
    field("license_number", restText, { as: "plate" }),
  ]);
}

/** Bytes before the plate: 25, 37 and 76. */
export const registration = versionedMessage(0x0100, "up", "register", {
  2011: register(5, 8, 7),
  2013: register(5, 20, 7),
  2019: register(11, 30, 30),
});

const result = choice({
  0: "ok",
  1: "vehicle_registered",
  2: "no_such_vehicle",
  3: "terminal_registered",
  4: "no_such_terminal",
});

export const registrationAnswer = message(
  0x8100,
  "down",
  "register_answer",
  record([
    field("seq", u16, { as: "serial" }),
    field("result", u8, { native: result }),
    // Only with result 0, says the standard; platforms that send it all the same are understood.
    field("auth_code", restText, { trailing: true }),
  ]),
);
