// A table. What a terminal is (0x0107), an upgrade (0x8108) and its result (0x0108), since 2013. The manufacturer has 5
// bytes in both versions; some terminals of 2019 send 11 there, as in their registration. (The table of 2013 prints
// wrong offsets behind 42; order and widths are right.)

import { forms } from "../forms.ts";
import { bcd, countedText, counting, field, fixedText, record, restBytes, u16, u32, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { message, versionedMessage } from "../message.ts";
import { bitNames, choice } from "../native.ts";

const kinds2013 = ["passenger", "dangerous_goods", "freight", "taxi", null, null, "disk_recorder", "split_unit"];
const kinds2019 = [...kinds2013, "trailer"];
const gnss = bitNames(["gps", "beidou", "glonass", "galileo"], 8);
const network = bitNames(["gprs", "cdma", "td_scdma", "wcdma", "cdma2000", "td_lte", null, "other"], 8);

function attributes(kinds: readonly (string | null)[], manufacturer: number, model: number, id: number): RecordType {
  return record([
    field("type", u16, { as: "kinds", native: bitNames(kinds, 16) }),
    field("manufacturer", fixedText(manufacturer)),
    field("model", fixedText(model)),
    field("id", fixedText(id), { as: "terminalId" }),
    field("iccid", bcd(10)),
    field("hardware_version", countedText(1)),
    field("firmware_version", countedText(1)),
    field("gnss_prop", u8, { as: "gnss", native: gnss }),
    field("comm_prop", u8, { as: "network", native: network }),
  ]);
}

const part = choice({ 0: "terminal", 12: "ic_card_reader", 52: "gnss_module" });

const upgrade = record([
  field("type", u8, { as: "part", native: part }),
  field("manufacturer", fixedText(5)),
  field("version", countedText(1)),
  field("fw_len", u32, { as: "firmwareLength", derive: counting("firmware") }),
  field("firmware", restBytes, { countedBy: "fw_len" }),
]);

const upgradeResult = record([
  field("type", u8, { as: "part", native: part }),
  field("result", u8, { native: choice({ 0: "ok", 1: "failed", 2: "cancelled" }) }),
]);

export const attributeMessages = [
  versionedMessage(0x0107, "up", "attributes", {
    2011: null,
    2013: attributes(kinds2013, 5, 20, 7),
    2019: forms(attributes(kinds2019, 5, 30, 30), { manufacturer11: attributes(kinds2019, 11, 30, 30) }),
  }),
  message(0x8108, "down", "upgrade", upgrade, [2013, 2019]),
  message(0x0108, "up", "upgrade_result", upgradeResult, [2013, 2019]),
] as const;
