// A table. Who drives: the professional licence that was put into (or taken out of) the terminal's reader. What follows
// the result of reading the card is there when it could be read; some terminals send it when the card is taken out, too.

import type { Field, RawRecord } from "../field.ts";
import { bcd, countedText, field, fixedText, record, u8 } from "../layout.ts";
import { versionedMessage } from "../message.ts";
import { choice, mapped, plain } from "../native.ts";
import { chinaTime } from "../time.ts";

const INSERTED = 1;
const READ = 0;

const cardResult = choice({
  0: "ok",
  1: "key_authentication_failed",
  2: "locked",
  3: "taken_out",
  4: "check_failed",
});

const DATE = /^\d{8}$/;

/** "20281231" as "2028-12-31". */
const date = mapped(
  (raw, own, marks, key) => {
    if (typeof raw !== "string" || !DATE.test(raw)) return plain.value(raw, own, marks, key);
    return raw === "00000000" ? null : `${raw.slice(0, 4)}-${raw.slice(4, 6)}-${raw.slice(6, 8)}`;
  },
  (native) => {
    if (native === null) return "00000000";
    return typeof native === "string" ? native.replaceAll("-", "") : native;
  },
);

function isNotInserted(own: RawRecord): boolean {
  return own["status"] !== INSERTED;
}

function isUnread(own: RawRecord): boolean {
  return isNotInserted(own) || own["ic_result"] !== READ;
}

function identity(more: readonly Field[]): ReturnType<typeof record> {
  return record([
    field("status", u8, { native: choice({ 1: "inserted", 2: "taken_out" }) }),
    field("time", bcd(6), { native: chinaTime }),
    field("ic_result", u8, { as: "cardResult", native: cardResult, trailing: isNotInserted }),
    field("driver_name", countedText(1), { as: "name", trailing: isUnread }),
    field("certificate", fixedText(20), { trailing: isUnread }),
    field("organization", countedText(1), { trailing: isUnread }),
    field("cert_expiry", bcd(4), { as: "validUntil", native: date, trailing: isUnread }),
    ...more,
  ]);
}

export const driverIdentity = versionedMessage(0x0702, "up", "driver", {
  2011: record([
    field("driver_name", countedText(1), { as: "name" }),
    field("id_card", fixedText(20)),
    field("certificate", fixedText(40)),
    field("organization", countedText(1)),
  ]),
  2013: identity([]),
  2019: identity([field("id_card", fixedText(20), { trailing: isUnread })]),
});
