// Data units in and out, by table: bytes to raw values, raw values to bytes, and raw to native both ways. One object per
// listener or gateway; it holds the tables of text and nothing of any vehicle.

import { BodyReader } from "./body-reader.ts";
import { BodyWriter } from "./body-writer.ts";
import type { CommandRow } from "./commands.ts";
import { commands } from "./commands.ts";
import type { BodyFault } from "./faults.ts";
import { Marks } from "./field.ts";
import type { NativeRecord, RawRecord } from "./field.ts";
import type { Gbt32960Frame, Gbt32960Version } from "./frame.ts";
import type { Layout } from "./layout.ts";
import { Gb18030 } from "./text.ts";

const NOTHING = new Uint8Array(0);

/** A data unit that a layout was found for. */
export class Gbt32960Body {
  readonly row: CommandRow;
  readonly version: Gbt32960Version;
  readonly layout: Layout;
  /** Raw values by the layout's names; views of the frame's data in them live as long as that does. */
  readonly fields: RawRecord;
  /** Bytes behind the layout, or from the place on where it could not be read further. */
  readonly tail: Uint8Array;
  /** What was wrong, or null. `fields` and `tail` together hold everything that could be read and the rest. */
  readonly fault: BodyFault | null;

  constructor(
    row: CommandRow,
    version: Gbt32960Version,
    layout: Layout,
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

  /** The layout says all of it. */
  get isClean(): boolean {
    return this.fault === null && this.tail.length === 0;
  }

  /** `exact` is false when the native record does not say everything: the raw bytes belong beside it then. */
  toNative(): { readonly fields: NativeRecord; readonly exact: boolean } {
    const marks = new Marks();
    const fields = this.layout.show(this.fields, marks);
    return { fields, exact: !marks.inexact && this.isClean };
  }
}

export class Gbt32960Bodies {
  readonly text = new Gb18030();
  readonly #byCommand = new Map<number, CommandRow>();
  readonly #byName = new Map<string, CommandRow>();

  constructor() {
    for (const row of commands) {
      this.#byCommand.set(row.command, row);
      this.#byName.set(row.name, row);
    }
  }

  row(command: number): CommandRow | null {
    return this.#byCommand.get(command) ?? null;
  }

  rowNamed(name: string): CommandRow | null {
    return this.#byName.get(name) ?? null;
  }

  /** How the data unit of a command, or of the answer to it, is written; null: the version has no such command. */
  layout(version: Gbt32960Version, command: number, form: "command" | "answer"): Layout | null {
    const layouts = this.#byCommand.get(command)?.versions[version] ?? null;
    if (layouts === null) return null;
    return form === "command" ? layouts.command : layouts.answers[0]!;
  }

  /**
   * The data unit's fields by the first layout that fits to the end, or, when none does, by the first. null: the command
   * is unknown (or unknown in this version), or the data unit is encrypted: opaque.
   */
  read(frame: Gbt32960Frame): Gbt32960Body | null {
    const row = this.#byCommand.get(frame.command);
    const layouts = row?.versions[frame.version] ?? null;
    if (row === undefined || layouts === null || !frame.isPlain) return null;
    const first = frame.isCommand ? layouts.command : layouts.answers[0]!;
    const body = this.#readAs(row, first, frame);
    if (body.isClean) return body;
    for (const layout of layouts.answers) {
      if (layout === first) continue;
      const other = this.#readAs(row, layout, frame);
      if (other.isClean) return other;
    }
    return body;
  }

  #readAs(row: CommandRow, layout: Layout, frame: Gbt32960Frame): Gbt32960Body {
    const { data } = frame;
    const reader = new BodyReader(data, this.text);
    const fields = layout.read(reader);
    const tail = reader.at === data.length ? NOTHING : data.subarray(reader.at);
    return new Gbt32960Body(row, frame.version, layout, fields, tail, reader.fault ?? reader.note);
  }

  /** The bytes of raw fields, `tail` behind them; or what does not fit. */
  write(layout: Layout, fields: unknown, tail: Uint8Array = NOTHING): Uint8Array | BodyFault {
    const writer = new BodyWriter(this.text);
    layout.write(writer, fields);
    if (writer.fault === null) writer.raw(tail);
    return writer.fault ?? writer.finish();
  }

  /** The bytes of native fields (engineering units, ISO times, names); or what does not fit. */
  writeNative(layout: Layout, native: unknown): Uint8Array | BodyFault {
    return this.write(layout, layout.parse(native));
  }
}
