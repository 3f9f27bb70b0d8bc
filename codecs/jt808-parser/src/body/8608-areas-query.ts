// A table. Areas and routes asked for (0x8608) and told (0x0608), in 2019. The text refers to the messages that set them:
// what works is their items one after the other; some terminals put the two leading bytes of such a message before them.

import type { FieldType, NativeRule } from "../field.ts";
import { packed } from "../forms.ts";
import { field, listToEnd, record, restBytes, u32, u8 } from "../layout.ts";
import { message } from "../message.ts";
import { choice, hex, spreading } from "../native.ts";
import { circle, polygon, rectangle } from "./8600-areas.ts";
import { route2019 } from "./8606-route.ts";

const form = { named: true, all: false };
const kinds: readonly (readonly [name: string, element: FieldType])[] = [
  ["circles", circle(form)],
  ["rectangles", rectangle(form)],
  ["polygons", polygon(form, false)],
  ["routes", route2019],
];
const kindNames = choice({ 1: "circles", 2: "rectangles", 3: "polygons", 4: "routes" });

/** By type − 1: the items alone, and behind the two leading bytes. */
const rules = kinds.map(([name, element]) => ({
  name,
  alone: packed(record([field(name, listToEnd(element))])),
  led: packed(
    record([
      field("set_type", u8),
      field("set_count", u8),
      field(name, listToEnd(element), { countedBy: "set_count" }),
    ]),
  ),
}));

/** Items under the name of their kind, where they fill the bytes exactly; the bytes as `data` otherwise. */
const items: NativeRule = spreading(
  (out, raw, own, marks) => {
    const rule = rules[Number(own["type"]) - 1];
    for (const one of rule === undefined ? [] : [rule.alone, rule.led]) {
      const shown = one.value(raw, own, marks, rule!.name);
      if (typeof shown !== "object" || shown === null) continue;
      Object.assign(out, shown);
      return;
    }
    out["data"] = hex.value(raw, own, marks, "data");
  },
  (from) => {
    if (from["data"] !== undefined) return hex.parse(from["data"]);
    const rule = rules.find((one) => from[one.name] !== undefined);
    if (rule === undefined) return undefined;
    const led = from["setType"] !== undefined;
    const given: Record<string, unknown> = { [rule.name]: from[rule.name] };
    if (led) Object.assign(given, { setType: from["setType"], setCount: from["setCount"] });
    return (led ? rule.led : rule.alone).parse(given);
  },
);

export const areaQueries = [
  message(
    0x8608,
    "down",
    "query_areas",
    record([
      field("type", u8, { as: "kind", native: kindNames }),
      // No ids: all of them.
      field("count", u32, { derive: (own) => (Array.isArray(own["ids"]) ? own["ids"].length : 0) }),
      field("ids", listToEnd(u32), { countedBy: "count", trailing: true }),
    ]),
    [2019],
  ),
  message(
    0x0608,
    "up",
    "areas",
    record([
      field("type", u8, { as: "kind", native: kindNames }),
      field("count", u32),
      field("data", restBytes, { native: items }),
    ]),
    [2019],
  ),
] as const;
