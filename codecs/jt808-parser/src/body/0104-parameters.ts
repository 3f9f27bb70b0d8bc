// A table. Parameters set (0x8103), asked for (0x8106; all of them: 0x8104) and told (0x0104). In 2011 a list is split by
// its messages themselves: the total is followed by the number of those in this message.

import { counting, field, listToEnd, record, u16, u32, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { message, versionedMessage } from "../message.ts";
import { mapped } from "../native.ts";
import { parameter, parameterId, parameterKey, parameters2011, parameters2013, parameters2019 } from "./parameter.ts";

function told(type: RecordType): RecordType {
  return record([
    field("seq", u16, { as: "serial" }),
    field("length", u8, { as: "count", derive: counting("params") }),
    field("params", listToEnd(type), { as: "parameters", countedBy: "length" }),
  ]);
}

function set(type: RecordType): RecordType {
  return record([
    field("length", u8, { as: "count", derive: counting("params") }),
    field("params", listToEnd(type), { as: "parameters", countedBy: "length" }),
  ]);
}

const element2011 = parameter(parameters2011);
const set2011 = record([
  field("length", u8, { as: "total", derive: counting("params") }),
  field("count", u8, { derive: counting("params") }),
  field("params", listToEnd(element2011), { as: "parameters", countedBy: "count" }),
]);
const told2011 = record([
  field("seq", u16, { as: "serial" }),
  field("length", u8, { as: "total", derive: counting("params") }),
  field("count", u8, { derive: counting("params") }),
  field("params", listToEnd(element2011), { as: "parameters", countedBy: "count" }),
]);
const element2013 = parameter(parameters2013);
const element2019 = parameter(parameters2019);

const ids = mapped(
  (raw) => (Array.isArray(raw) ? raw.map((id) => (typeof id === "number" ? parameterKey(id) : null)) : null),
  (native) => (Array.isArray(native) ? native.map((key) => parameterId(parameters2019, key)) : native),
);

export const parameterMessages = [
  versionedMessage(0x8103, "down", "set_parameters", {
    2011: set2011,
    2013: set(element2013),
    2019: set(element2019),
  }),
  versionedMessage(0x0104, "up", "parameters", {
    2011: told2011,
    2013: told(element2013),
    2019: told(element2019),
  }),
  message(
    0x8106,
    "down",
    "query_some_parameters",
    record([
      field("length", u8, { as: "count", derive: counting("ids") }),
      field("ids", listToEnd(u32), { countedBy: "length", native: ids }),
    ]),
    [2013, 2019],
  ),
] as const;
