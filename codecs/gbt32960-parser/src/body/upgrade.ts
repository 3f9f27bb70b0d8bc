// The parameters of the upgrade command: ten parts joined by `;`, of which address, port and time limit are binary, so
// that a `;` may be one of their bytes. The parts are therefore found by their places, from both ends.
//
//   dial name;user name;password;address 6;port 2;manufacturer;hardware;firmware;URL;time limit 2

import { own } from "../field.ts";
import type { Given, RawRecord } from "../field.ts";
import type { Gb18030 } from "../text.ts";

const SEMICOLON = 0x3b;
const ADDRESS_BYTES = 6;
const PORT_BYTES = 2;
const LIMIT_BYTES = 2;
const TEXTS = Object.freeze(["dialName", "username", "password"] as const);
const IDENTITY = Object.freeze(["manufacturer", "hardwareVersion", "firmwareVersion"] as const);

/**
 * Texts as they are (an empty one is an empty part); `address` dotted IPv4, `port`, `timeLimit` in minutes: missing
 * where the part is empty. null: the bytes have another form.
 */
export function readUpgrade(param: Uint8Array, text: Gb18030): RawRecord | null {
  // Two bytes are tried first: that a port or a limit is empty is only believed when the other reading leads nowhere.
  for (const portBytes of [PORT_BYTES, 0]) {
    for (const limitBytes of [LIMIT_BYTES, 0]) {
      const found = readWith(param, portBytes, limitBytes, text);
      const again = found === null ? null : writeUpgrade(found, text);
      if (again !== null && again.length === param.length && again.every((byte, i) => byte === param[i])) return found;
    }
  }
  return null;
}

function readWith(param: Uint8Array, portBytes: number, limitBytes: number, text: Gb18030): RawRecord | null {
  const out: RawRecord = {};
  let at = takeTexts(TEXTS, param, 0, param.length, text, out);
  if (at < 0) return null;
  const addressBytes = param[at] === SEMICOLON ? 0 : ADDRESS_BYTES;
  if (param[at + addressBytes] !== SEMICOLON) return null;
  if (addressBytes > 0) {
    if (param[at] !== 0 || param[at + 1] !== 0) return null;
    out["address"] = param.subarray(at + 2, at + ADDRESS_BYTES).join(".");
  }
  at += addressBytes + 1;
  if (param[at + portBytes] !== SEMICOLON) return null;
  if (portBytes > 0) out["port"] = (param[at]! << 8) | param[at + 1]!;
  at += portBytes + 1;
  const urlEnd = param.length - 1 - limitBytes;
  if (param[urlEnd] !== SEMICOLON) return null;
  at = takeTexts(IDENTITY, param, at, urlEnd, text, out);
  if (at < 0 || at > urlEnd) return null;
  out["url"] = text.decode(param, at, urlEnd);
  if (limitBytes > 0) out["timeLimit"] = (param[urlEnd + 1]! << 8) | param[urlEnd + 2]!;
  return out;
}

/** Texts that end in `;`, one after the other; where they end, or -1 when there are fewer. */
function takeTexts(
  names: readonly string[],
  param: Uint8Array,
  from: number,
  end: number,
  text: Gb18030,
  out: RawRecord,
): number {
  let at = from;
  for (const name of names) {
    const stop = param.indexOf(SEMICOLON, at);
    if (stop < 0 || stop > end) return -1;
    out[name] = text.decode(param, at, stop);
    at = stop + 1;
  }
  return at;
}

/** null: a part is no text or number, or does not fit. Missing parts are left empty. */
export function writeUpgrade(from: Given, text: Gb18030): Uint8Array | null {
  const address = dotted(own(from, "address"));
  const port = word(own(from, "port"));
  const limit = word(own(from, "timeLimit"));
  const texts = [...TEXTS, ...IDENTITY, "url"].map((name) => textBytes(own(from, name), name === "url", text));
  if (address === null || port === null || limit === null || texts.includes(null)) return null;
  const [dialName, username, password, manufacturer, hardware, firmware, url] = texts as Uint8Array[];
  const parts = [dialName!, username!, password!, address, port, manufacturer!, hardware!, firmware!, url!, limit];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, parts.length - 1));
  let at = 0;
  for (const [i, part] of parts.entries()) {
    if (i > 0) out[at++] = SEMICOLON;
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A `;` would begin the next part; only the URL may have one. */
function textBytes(value: unknown, isUrl: boolean, text: Gb18030): Uint8Array | null {
  if (value === undefined) return new Uint8Array(0);
  if (typeof value !== "string") return null;
  return !isUrl && value.includes(";") ? null : text.encode(value);
}

function word(value: unknown): Uint8Array | null {
  if (value === undefined) return new Uint8Array(0);
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 0xffff) return null;
  return Uint8Array.of(value >> 8, value);
}

function dotted(value: unknown): Uint8Array | null {
  if (value === undefined) return new Uint8Array(0);
  const parts = typeof value === "string" ? value.split(".") : [];
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null;
  return Uint8Array.of(0, 0, ...parts.map(Number));
}
