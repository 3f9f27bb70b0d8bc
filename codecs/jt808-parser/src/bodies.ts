// Bodies in and out, by table: bytes to raw values, raw values to bytes, and raw to native both ways. One object per
// listener or gateway; it holds the text tables and nothing of any terminal.

import { BodyReader } from "./body-reader.ts";
import { BodyWriter } from "./body-writer.ts";
import { BodyFault, BodyFaultCode } from "./faults.ts";
import { Marks } from "./field.ts";
import type { NativeRecord, RawRecord } from "./field.ts";
import { BODY_MAX_BYTES } from "./frame.ts";
import type { Jt808Frame } from "./frame.ts";
import type { RecordType } from "./layout.ts";
import type { BodyVersion, MessageRow } from "./message.ts";
import { messages } from "./messages.ts";
import { isRecord } from "./field.ts";
import { Gb18030 } from "./text.ts";
import type { TextCoder } from "./text.ts";

const NOTHING = new Uint8Array(0);

/** A body that a layout was found for. */
export class Jt808Body {
  readonly row: MessageRow;
  readonly version: BodyVersion;
  readonly layout: RecordType;
  /** Raw values by the layout's names; views of the frame's body in them live as long as that does. */
  readonly fields: RawRecord;
  /** Bytes behind the layout, or from the place on where it could not be read further. */
  readonly tail: Uint8Array;
  /** What was wrong, or null. `fields` and `tail` together hold everything all the same. */
  readonly fault: BodyFault | null;

  constructor(
    row: MessageRow,
    version: BodyVersion,
    layout: RecordType,
    fields: RawRecord,
    tail: Uint8Array,
    fault: BodyFault | null,
  ) {
    this.row = row;
    this.version = version;
    this.layout = layout;
    this.fields = fields;
    this.tail = tail;
    this.fault = fault;
  }

  /** `exact` is false when the native record does not say everything: the raw bytes belong beside it then. */
  toNative(): { readonly fields: NativeRecord; readonly exact: boolean } {
    const marks = new Marks();
    const shown = this.layout.native.value(this.fields, this.fields, marks, "");
    const exact = !marks.inexact && this.fault === null && this.tail.length === 0;
    return { fields: isRecord(shown) ? (shown as NativeRecord) : {}, exact };
  }
}

export class Jt808Bodies {
  readonly #text: TextCoder;
  readonly #byId = new Map<number, MessageRow>();
  readonly #byName = new Map<string, MessageRow>();

  /** `text`: how the texts in bodies are written; GBK, says the standard. */
  constructor(rows: readonly MessageRow[] = messages, text: TextCoder = new Gb18030()) {
    this.#text = text;
    for (const row of rows) {
      this.#byId.set(row.id, row);
      this.#byName.set(row.name, row);
    }
  }

  row(id: number): MessageRow | null {
    return this.#byId.get(id) ?? null;
  }

  rowNamed(name: string): MessageRow | null {
    return this.#byName.get(name) ?? null;
  }

  /**
   * The body's fields by the first of `versions` whose layout fits to the end, or, when none does, by the first that has
   * a layout. null: the id is unknown (or unknown in these versions), or the body is a fragment or encrypted: opaque.
   */
  read(frame: Jt808Frame, versions: readonly BodyVersion[]): Jt808Body | null {
    const row = this.#byId.get(frame.id);
    if (row === undefined || frame.isFragment || frame.encryption !== 0) return null;
    let best: Jt808Body | null = null;
    for (const version of versions) {
      const layout = row.layouts[version];
      if (layout === null || layout === best?.layout) continue;
      const body = this.#readAs(row, version, layout, frame.body);
      if (body.fault === null && body.tail.length === 0) return body;
      best ??= body;
    }
    return best;
  }

  #readAs(row: MessageRow, version: BodyVersion, layout: RecordType, bytes: Uint8Array): Jt808Body {
    const reader = new BodyReader(bytes, this.#text);
    const fields = layout.read(reader);
    const tail = reader.at === bytes.length ? NOTHING : bytes.subarray(reader.at);
    return new Jt808Body(row, version, layout, fields, tail, reader.fault ?? reader.note);
  }

  /** The bytes of raw fields, `tail` behind them; or what does not fit. */
  write(
    id: number,
    version: BodyVersion,
    fields: unknown,
    tail: Uint8Array = NOTHING,
    maxBytes = BODY_MAX_BYTES,
  ): Uint8Array | BodyFault {
    const layout = this.#byId.get(id)?.layouts[version] ?? null;
    if (layout === null) return new BodyFault(BodyFaultCode.Unknown, "");
    const writer = new BodyWriter(this.#text, maxBytes);
    layout.write(writer, fields);
    if (writer.fault === null) writer.raw(tail);
    return writer.fault ?? writer.finish();
  }

  /** The bytes that `body` was read from, also when they were not what its layout says. */
  rewrite(body: Jt808Body): Uint8Array | BodyFault {
    const writer = new BodyWriter(this.#text, Number.MAX_SAFE_INTEGER, false);
    body.layout.write(writer, body.fields);
    writer.cutOff(body.tail);
    return writer.fault ?? writer.finish();
  }

  /** The bytes of native fields (engineering units, ISO times, names); or what does not fit. */
  writeNative(id: number, version: BodyVersion, native: unknown, maxBytes = BODY_MAX_BYTES): Uint8Array | BodyFault {
    const layout = this.#byId.get(id)?.layouts[version] ?? null;
    if (layout === null) return new BodyFault(BodyFaultCode.Unknown, "");
    return this.write(id, version, layout.native.parse(native), NOTHING, maxBytes);
  }
}
