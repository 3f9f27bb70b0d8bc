// A table. Several positions in one message, each behind its own length; since 2013. (The tables print the type at
// offset 1: a misprint, it stands behind the WORD count.)

import type { RawRecord } from "../field.ts";
import { field, listToEnd, record, sized, u16, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { versionedMessage } from "../message.ts";
import { choice } from "../native.ts";
import { location2013, location2019 } from "./0200-location.ts";

function countOf(fields: RawRecord): number {
  const location = fields["location"];
  return Array.isArray(location) ? location.length : 0;
}

function batch(location: RecordType): RecordType {
  return record([
    field("length", u16, { as: "count", derive: countOf }),
    field("type", u8, { native: choice({ 0: "normal", 1: "blind_area" }) }),
    field("location", listToEnd(sized(2, location, "location")), { as: "locations", countedBy: "length" }),
  ]);
}

export const locationBatch = versionedMessage(0x0704, "up", "location_batch", {
  2011: null,
  2013: batch(location2013),
  2019: batch(location2019),
});
