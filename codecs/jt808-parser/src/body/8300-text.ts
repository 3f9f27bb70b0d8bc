// A table. What a driver reads, hears and chooses: text (0x8300), events (0x8301, 0x0301), questions (0x8302, 0x0302),
// information on demand (0x8303, 0x0303, 0x8304), calls (0x8400) and the phone book (0x8401). Events, questions and
// information are not in 2019 any more; terminals of 2019 know them all the same.

import type { Field, FieldType } from "../field.ts";
import { forms } from "../forms.ts";
import { countedText, counting, field, listToEnd, record, restText, u16, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { message, versionedMessage } from "../message.ts";
import { bitNames, choice } from "../native.ts";

const flags2011 = bitNames(["urgent", null, "display", "tts", "ad_screen"], 8);
const flags2013 = bitNames(["urgent", null, "display", "tts", "ad_screen", "can_code"], 8);
/** Bits 0 and 1 together: 01 service, 10 urgent, 11 notice. */
const flags2019 = bitNames(["service", "urgent", "display", "tts", null, "can_code"], 8);

/**
 * A list behind its count. `isEmpty`: for which type nothing follows. In 2011 a list is split by its messages
 * themselves: the total is followed by the number of those in this message.
 */
function listed(name: string, as: string, element: FieldType, split: boolean, emptyType: number): readonly Field[] {
  const isThere = (own: Parameters<NonNullable<Field["when"]>>[0]): boolean =>
    own["length"] !== undefined || own[name] !== undefined;
  return [
    field("length", u8, {
      as: split ? "total" : "count",
      derive: counting(name),
      trailing: (own) => own["type"] === emptyType,
    }),
    ...(split ? [field("count", u8, { derive: counting(name), when: isThere })] : []),
    field(name, listToEnd(element), { as, countedBy: split ? "count" : "length", when: isThere }),
  ];
}

const eventChange = choice({ 0: "delete_all", 1: "update", 2: "append", 3: "modify", 4: "delete" });
const event = record([field("id", u8), field("content", countedText(1))]);

function events(split: boolean): RecordType {
  const type = field("type", u8, { as: "change", native: eventChange });
  return forms(record([type, ...listed("events", "events", event, split, 0)]), {
    // Events to delete need no content, and some leave out its length, too.
    ids: record([type, ...listed("ids", "ids", u8, split, 0)]),
  });
}

const question = record([
  field("flag", u8, { as: "flags", native: bitNames(["urgent", null, null, "tts", "ad_screen"], 8) }),
  field("question", countedText(1)),
  field("answers", listToEnd(record([field("id", u8), field("answer", countedText(2))]))),
]);

const menuChange = choice({ 0: "delete_all", 1: "update", 2: "append", 3: "modify" });
const menu = record([field("type", u8), field("info", countedText(2))]);

function menus(split: boolean): RecordType {
  return record([field("type", u8, { as: "change", native: menuChange }), ...listed("menus", "menus", menu, split, 0)]);
}

const info = record([field("type", u8), field("info", countedText(2))]);
const info2011 = record([
  field("type", u8),
  field("length", u16, {
    as: "total",
    derive: (own, text) => (typeof own["info"] === "string" ? text.encode(own["info"]).length : undefined),
  }),
  field("info", countedText(2)),
]);

const bookChange = choice({ 0: "delete_all", 1: "update", 2: "append", 3: "modify" });
const contact = record([
  field("type", u8, { as: "calls", native: choice({ 1: "incoming", 2: "outgoing", 3: "both" }) }),
  field("phone", countedText(1)),
  field("name", countedText(1)),
]);

function phoneBook(split: boolean): RecordType {
  const type = field("type", u8, { as: "change", native: bookChange });
  return record([type, ...listed("contacts", "contacts", contact, split, 0)]);
}

const call = record([
  field("type", u8, { as: "kind", native: choice({ 0: "call", 1: "listen" }) }),
  field("phone", restText),
]);

const order = choice({ 0: "cancel", 1: "order" });

export const textMessages = [
  versionedMessage(0x8300, "down", "text", {
    2011: record([field("flag", u8, { as: "flags", native: flags2011 }), field("text", restText)]),
    2013: record([field("flag", u8, { as: "flags", native: flags2013 }), field("text", restText)]),
    2019: record([
      field("flag", u8, { as: "flags", native: flags2019 }),
      field("text_type", u8, { native: choice({ 1: "notice", 2: "service" }), derive: () => 1 }),
      field("text", restText),
    ]),
  }),
  versionedMessage(0x8301, "down", "set_events", { 2011: events(true), 2013: events(false), 2019: events(false) }),
  message(0x0301, "up", "event", record([field("id", u8)])),
  message(0x8302, "down", "question", question),
  message(0x0302, "up", "answer", record([field("seq", u16, { as: "serial" }), field("id", u8)])),
  versionedMessage(0x8303, "down", "set_menus", { 2011: menus(true), 2013: menus(false), 2019: menus(false) }),
  message(0x0303, "up", "menu_order", record([field("id", u8), field("flag", u8, { as: "order", native: order })])),
  versionedMessage(0x8304, "down", "information", { 2011: info2011, 2013: info, 2019: info }),
  message(0x8400, "down", "call_back", call),
  versionedMessage(0x8401, "down", "set_phone_book", {
    2011: phoneBook(true),
    2013: phoneBook(false),
    2019: phoneBook(false),
  }),
] as const;
