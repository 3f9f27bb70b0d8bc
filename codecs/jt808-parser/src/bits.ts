// A number on the wire whose bits are fields of their own.

import type { BodyReader } from "./body-reader.ts";
import type { BodyWriter } from "./body-writer.ts";
import { BodyFaultCode } from "./faults.ts";
import type { Field, FieldType, NativeRule, RawRecord } from "./field.ts";
import { field } from "./layout.ts";
import { plain } from "./native.ts";

export interface BitField {
  readonly name: string;
  readonly bits: number;
  readonly native?: NativeRule;
}

const WORD_BITS = 32;

/** The fields of a DWORD, from its highest bit down; their widths make 32 together. */
export function bitFields(parts: readonly BitField[]): readonly Field[] {
  let shift = WORD_BITS;
  return parts.map((part, i) => {
    shift -= part.bits;
    const type = bitsOf(parts, shift, part, i === parts.length - 1);
    return field(part.name, type, { native: part.native ?? plain });
  });
}

/** All of them look at the same four bytes; the last one steps over them, and writes them. */
function bitsOf(parts: readonly BitField[], shift: number, part: BitField, isLast: boolean): FieldType {
  const limit = 2 ** part.bits;
  return Object.freeze({
    wire: part.bits === 1 ? "1 bit" : `${part.bits} bits`,
    read(reader: BodyReader): number {
      const at = reader.at;
      const word = reader.u32();
      if (!isLast) reader.at = at;
      return Math.floor(word / 2 ** shift) % limit;
    },
    write(writer: BodyWriter, value: unknown, record: RawRecord): void {
      if (typeof value !== "number") {
        writer.fail(value === undefined ? BodyFaultCode.FieldMissing : BodyFaultCode.FieldType);
      } else if (!Number.isInteger(value) || value < 0 || value >= limit) {
        writer.fail(BodyFaultCode.FieldRange);
      } else if (isLast) {
        let word = 0;
        for (const one of parts) word = word * 2 ** one.bits + Number(record[one.name] ?? 0);
        writer.unsigned(word, 4);
      }
    },
    native: plain,
  });
}
