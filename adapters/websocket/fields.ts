// The fields of one JSON object from a page, read by name and kind. The first thing that is wrong is remembered, as is
// every key that nobody asked for; readers go on with a harmless value, and ask once, at the end, what was wrong.

import type { MessageProperties } from "../../core/index.ts";
import { isNameValueList, parseBase64 } from "../../net/web-message.ts";
import type { FrameId } from "./faults.ts";

const NOTHING = new Uint8Array(0);
const ID_MAX_LENGTH = 128;
/** Longest list of keys that a fault names. */
const NAMED_KEYS_MAX = 8;

export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #asked = new Set<string>(["type"]);
  readonly #inner: Fields[] = [];
  #wrong: string | null = null;

  private constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  /** null: it is no object. */
  static of(value: unknown): Fields | null {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return new Fields(new Map(Object.entries(value)));
  }

  /** What was wrong, in words; null when nothing was. */
  wrong(): string | null {
    if (this.#wrong !== null) return this.#wrong;
    const unknown = [...this.#values.keys()].filter((key) => !this.#asked.has(key));
    if (unknown.length > 0) return `unknown keys: ${unknown.slice(0, NAMED_KEYS_MAX).join(", ")}`;
    for (const inner of this.#inner) {
      const wrong = inner.wrong();
      if (wrong !== null) return wrong;
    }
    return null;
  }

  text(key: string): string;
  text<Absent extends string | null>(key: string, absent: Absent): string | Absent;
  text(key: string, absent?: string | null): string | null {
    const value = this.#take(key);
    if (value === undefined && absent !== undefined) return absent;
    return this.asText(key, value);
  }

  asText(key: string, value: unknown): string {
    if (typeof value === "string") return value;
    this.#note(`\`${key}\` is to be a string`);
    return "";
  }

  boolean(key: string, absent: boolean): boolean {
    const value = this.#take(key);
    if (typeof value === "boolean") return value;
    if (value !== undefined) this.#note(`\`${key}\` is to be true or false`);
    return absent;
  }

  /** @param absent null: it must be there */
  integer(key: string, absent: number | null, minimum: number, maximum: number): number {
    const value = this.#take(key);
    if (value === undefined && absent !== null) return absent;
    if (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum) return value as number;
    this.#note(`\`${key}\` is to be a whole number from ${minimum} to ${maximum}`);
    return minimum;
  }

  /** What the page calls this frame; null: nothing. */
  id(): FrameId | null {
    const value = this.#take("id");
    if (value !== undefined && !isId(value)) this.#note("`id` is to be a whole number or a short string");
    return this.idOrNull();
  }
  idOrNull(): FrameId | null {
    const value = this.#values.get("id");
    return isId(value) ? value : null;
  }

  /** `payload` or `payloadBase64` or neither. */
  payload(): Uint8Array {
    const text = this.#take("payload");
    const base64 = this.#take("payloadBase64");
    if (text !== undefined && base64 !== undefined) this.#note("`payload` and `payloadBase64` exclude each other");
    if (text !== undefined) return Buffer.from(this.asText("payload", text));
    return base64 === undefined ? NOTHING : this.#bytes("payloadBase64", base64);
  }

  /** null: none of them is there. A payload that came as text is marked as such. */
  properties(): MessageProperties | null {
    const contentType = this.text("contentType", null);
    const responseTopic = this.text("responseTopic", null);
    const correlation = this.#take("correlationBase64");
    const user = this.#pairs("properties");
    const payloadIsText = this.#values.has("payload");
    const isPlain = contentType === null && responseTopic === null && correlation === undefined;
    if (isPlain && user.length === 0 && !payloadIsText) return null;
    const correlationData = correlation === undefined ? null : this.#bytes("correlationBase64", correlation);
    return { contentType, payloadIsText, responseTopic, correlationData, user };
  }

  /** An object inside this one; null: it is not there. */
  object(key: string): Fields | null {
    const value = this.#take(key);
    return value === undefined || value === null ? null : this.nested(key, value);
  }

  nested(key: string, value: unknown): Fields {
    let inner = Fields.of(value);
    if (inner === null) {
      this.#note(`\`${key}\` is to be an object`);
      inner = new Fields(new Map());
    }
    this.#inner.push(inner);
    return inner;
  }

  /** At least one entry. */
  list<Entry>(key: string, max: number, read: (entry: unknown, fields: Fields) => Entry): Entry[] {
    const value = this.#take(key);
    if (Array.isArray(value) && value.length > 0 && value.length <= max) return value.map((entry) => read(entry, this));
    this.#note(`\`${key}\` is to be a list of 1 to ${max} entries`);
    return [];
  }

  #bytes(key: string, value: unknown): Uint8Array {
    const bytes = parseBase64(this.asText(key, value));
    if (bytes !== null) return bytes;
    this.#note(`\`${key}\` is not base64`);
    return NOTHING;
  }

  #pairs(key: string): [string, string][] {
    const value = this.#take(key);
    if (value === undefined) return [];
    if (isNameValueList(value)) return value;
    this.#note(`\`${key}\` is to be a list of [name, value] pairs of strings`);
    return [];
  }

  #take(key: string): unknown {
    this.#asked.add(key);
    return this.#values.get(key);
  }
  #note(wrong: string): void {
    this.#wrong ??= wrong;
  }
}

function isId(value: unknown): value is FrameId {
  return typeof value === "string" ? value.length <= ID_MAX_LENGTH : Number.isSafeInteger(value);
}
