// A table. Terminal control: a command and its parameters as one text, ";" between them. Those of an upgrade and of a
// connection to another server are shown by name, too, when there are as many as the standard has; any other text (and
// vendors have many) is shown as it is.

import type { NativeRecord, NativeRule, RawRecord } from "../field.ts";
import { field, record, restText, u8 } from "../layout.ts";
import { message } from "../message.ts";
import { choice, spreading, text } from "../native.ts";

const UPGRADE = 1;
const CONNECT = 2;

const upgrade: readonly string[] = [
  "url",
  "apn",
  "user",
  "password",
  "address",
  "tcpPort",
  "udpPort",
  "manufacturer",
  "hardwareVersion",
  "firmwareVersion",
  "timeLimit",
];
const connect: readonly string[] = [
  "control",
  "authCode",
  "apn",
  "user",
  "password",
  "address",
  "tcpPort",
  "udpPort",
  "timeLimit",
];

function namesOf(command: unknown): readonly string[] | null {
  if (command === UPGRADE || command === "upgrade") return upgrade;
  return command === CONNECT || command === "connect" ? connect : null;
}

const param: NativeRule = spreading(
  (out, raw, own: RawRecord, marks) => {
    const shown = text.value(raw, own, marks, "param");
    out["param"] = shown;
    const names = namesOf(own["command"]);
    const values = typeof shown === "string" ? shown.split(";") : [];
    if (names === null || values.length !== names.length) return;
    const parameters: NativeRecord = {};
    for (const [i, name] of names.entries()) parameters[name] = values[i]!;
    out["parameters"] = parameters;
  },
  (from) => {
    if (from["param"] !== undefined) return from["param"];
    const names = namesOf(from["command"]);
    const parameters = from["parameters"];
    if (names === null || typeof parameters !== "object" || parameters === null) return parameters;
    const given = parameters as Readonly<Record<string, unknown>>;
    return names.map((name) => (Object.hasOwn(given, name) ? String(given[name]) : "")).join(";");
  },
);

const command = choice({
  1: "upgrade",
  2: "connect",
  3: "power_off",
  4: "reset",
  5: "factory_reset",
  6: "data_off",
  7: "radio_off",
});

export const terminalControl = message(
  0x8105,
  "down",
  "terminal_control",
  record([field("command", u8, { native: command }), field("param", restText, { trailing: true, native: param })]),
);
