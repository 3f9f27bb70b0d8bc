// Everything that can be wrong with bytes from a terminal, or with values that are to become bytes. Faults are values:
// a hostile peer must not be able to buy stack traces.

/** What can be wrong with a frame. */
export const FrameFaultCode = {
  /** `7D` followed by anything but `01` or `02`, or by the closing delimiter. */
  Escape: "JT808_ESCAPE",
  /** The XOR over header, body and checksum byte is not 0. */
  Checksum: "JT808_CHECKSUM",
  /** Shorter than its header and checksum. */
  Short: "JT808_SHORT",
  /** The length field does not count the bytes of the body. */
  Length: "JT808_LENGTH",
  /** Longer than `maxFrame`. */
  TooLong: "JT808_TOO_LONG",
  /** Fragment number 0, or greater than the total. */
  Fragment: "JT808_FRAGMENT",
} as const;
export type FrameFaultCode = (typeof FrameFaultCode)[keyof typeof FrameFaultCode];

/** A bad frame. The decoder is positioned behind it already: all of these are resumable. */
export class DecodeFault {
  readonly code: FrameFaultCode;
  readonly resumable: boolean;
  /**
   * What stood between the delimiters, unescaped as far as that was possible; empty for TooLong. Valid as long as a
   * frame's body: until the next call of `next` or `push`.
   */
  readonly raw: Uint8Array;
  constructor(code: FrameFaultCode, raw: Uint8Array) {
    this.code = code;
    this.resumable = true;
    this.raw = raw;
  }
}

/** What can be wrong with a body, read or to be written. */
export const BodyFaultCode = {
  /** The body ends before its layout. */
  Short: "JT808_BODY_SHORT",
  /** An element's own length does not fit what it holds. */
  Element: "JT808_BODY_ELEMENT",
  /** A count field does not agree with the elements that are there. */
  Count: "JT808_BODY_COUNT",
  /** To write: the message has no layout in this version. */
  Unknown: "JT808_BODY_UNKNOWN",
  /** To write: longer than a frame can carry. */
  TooLong: "JT808_BODY_TOO_LONG",
  /** To write: a field of the layout is missing. */
  FieldMissing: "JT808_FIELD_MISSING",
  /** To write: a field has another type than the layout's. */
  FieldType: "JT808_FIELD_TYPE",
  /** To write: a number or text does not fit its field. */
  FieldRange: "JT808_FIELD_RANGE",
} as const;
export type BodyFaultCode = (typeof BodyFaultCode)[keyof typeof BodyFaultCode];

export class BodyFault {
  readonly code: BodyFaultCode;
  /** Which field, as a path: "location[2].time"; "" when it is the body as a whole. */
  readonly field: string;
  constructor(code: BodyFaultCode, field: string) {
    this.code = code;
    this.field = field;
  }
}
