// Everything that can be wrong with bytes from a terminal, or with values that are to become bytes. Faults are values:
// a hostile peer must not be able to buy stack traces.

/** What can be wrong with a frame. */
export const FrameFaultCode = {
  /** The BCC is not the XOR from the command to the end of the data unit. */
  Checksum: "GBT32960_CHECKSUM",
  /** The length field promises more than `maxFrame`. */
  TooLong: "GBT32960_TOO_LONG",
  /** The rest of the frame did not come, and its owner gave it up. */
  Incomplete: "GBT32960_INCOMPLETE",
} as const;
export type FrameFaultCode = (typeof FrameFaultCode)[keyof typeof FrameFaultCode];

/** A bad frame. The decoder looks for the next one behind the bad one's first byte: all of these are resumable. */
export class DecodeFault {
  readonly code: FrameFaultCode;
  readonly resumable: boolean;
  /**
   * The bytes of the frame as its length field counts them; for TooLong its header, for Incomplete what has come. Valid
   * as long as a frame's data.
   */
  readonly raw: Uint8Array;
  constructor(code: FrameFaultCode, raw: Uint8Array) {
    this.code = code;
    this.resumable = true;
    this.raw = raw;
  }
}

/** What can be wrong with a data unit, read or to be written. */
export const BodyFaultCode = {
  /** The data unit ends before its layout. */
  Short: "GBT32960_BODY_SHORT",
  /** A report holds a unit that this version does not define and that does not tell its length. */
  Unit: "GBT32960_BODY_UNIT",
  /** A count field does not agree with the elements that are there. */
  Count: "GBT32960_BODY_COUNT",
  /** The data unit could not be decrypted, or encrypted. */
  Cipher: "GBT32960_BODY_CIPHER",
  /** To write: longer than a frame can carry. */
  TooLong: "GBT32960_BODY_TOO_LONG",
  /** To write: a field of the layout is missing. */
  FieldMissing: "GBT32960_FIELD_MISSING",
  /** To write: a field has another type than the layout's. */
  FieldType: "GBT32960_FIELD_TYPE",
  /** To write: a number or text does not fit its field. */
  FieldRange: "GBT32960_FIELD_RANGE",
} as const;
export type BodyFaultCode = (typeof BodyFaultCode)[keyof typeof BodyFaultCode];

export class BodyFault {
  readonly code: BodyFaultCode;
  /** Which field, as a path: "units[2].cells"; "" when it is the data unit as a whole. */
  readonly field: string;
  constructor(code: BodyFaultCode, field: string) {
    this.code = code;
    this.field = field;
  }

  /** The same fault, seen from the record around it. */
  within(step: string): BodyFault {
    const joint = this.field === "" || this.field.startsWith("[") ? "" : ".";
    return new BodyFault(this.code, step + joint + this.field);
  }
}
