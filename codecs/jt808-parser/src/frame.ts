// What a JT/T 808 frame is: header fields as they stand on the wire, and the body as bytes. Nothing is scaled or
// interpreted here but the phone number's digits.

export const DELIMITER = 0x7e;
export const ESCAPE = 0x7d;

/** Largest body: the length field has ten bits. */
export const BODY_MAX_BYTES = 1023;
/** Largest frame of the standard, unescaped and without delimiters: 2019 header with fragment item, body, checksum. */
export const FRAME_MAX_BYTES = 21 + BODY_MAX_BYTES + 1;

/** The two forms of the header. 2011 and 2013 share one; nothing in it tells them apart. */
export const HeaderForm = {
  /** Twelve bytes, phone number of 12 digits. */
  V2013: 2013,
  /** Seventeen bytes, protocol version byte, phone number of 20 digits; attribute bit 14 is set. */
  V2019: 2019,
} as const;
export type HeaderForm = (typeof HeaderForm)[keyof typeof HeaderForm];

/** Bits of the body attributes above the length (bits 0…9). */
export const Attribute = {
  LengthMask: 0x03ff,
  EncryptionMask: 0x1c00,
  EncryptionShift: 10,
  Fragmented: 0x2000,
  Versioned: 0x4000,
  Reserved: 0x8000,
} as const;

export class Jt808Frame {
  readonly id: number;
  /** Body attributes as on the wire, length included. The encoder computes the length and keeps the other bits. */
  readonly attributes: number;
  readonly form: HeaderForm;
  /** Protocol version byte of the 2019 header; 0 in the older form. */
  readonly protocolVersion: number;
  /** Digits verbatim, leading zeros included: 12 or 20. A nibble that is no decimal digit is shown as a…f. */
  readonly phone: string;
  readonly serial: number;
  /** Number of fragments of the message; 0 when it is whole. */
  readonly fragmentTotal: number;
  /** From 1; 0 when the message is whole. */
  readonly fragmentNumber: number;
  /** From the decoder: a view, valid until the next call of `next` or `push`. */
  readonly body: Uint8Array;

  constructor(
    id: number,
    attributes: number,
    form: HeaderForm,
    protocolVersion: number,
    phone: string,
    serial: number,
    fragmentTotal: number,
    fragmentNumber: number,
    body: Uint8Array,
  ) {
    this.id = id;
    this.attributes = attributes;
    this.form = form;
    this.protocolVersion = protocolVersion;
    this.phone = phone;
    this.serial = serial;
    this.fragmentTotal = fragmentTotal;
    this.fragmentNumber = fragmentNumber;
    this.body = body;
  }

  /** 0 none, 1 RSA, others by private agreement. Where it is not 0, the body is opaque. */
  get encryption(): number {
    return (this.attributes & Attribute.EncryptionMask) >> Attribute.EncryptionShift;
  }

  get isFragment(): boolean {
    return (this.attributes & Attribute.Fragmented) !== 0;
  }

  /** The same frame with a body of its own memory. Whoever keeps a frame beyond the next decoder call keeps this. */
  detached(): Jt808Frame {
    return new Jt808Frame(
      this.id,
      this.attributes,
      this.form,
      this.protocolVersion,
      this.phone,
      this.serial,
      this.fragmentTotal,
      this.fragmentNumber,
      this.body.slice(),
    );
  }
}

/** A whole, unencrypted message to `phone` (or from it), in the header form given. */
export function plainFrame(
  id: number,
  form: HeaderForm,
  protocolVersion: number,
  phone: string,
  serial: number,
  body: Uint8Array,
): Jt808Frame {
  const attributes = form === HeaderForm.V2019 ? Attribute.Versioned : 0;
  return new Jt808Frame(id, attributes, form, protocolVersion, phone, serial, 0, 0, body);
}

/** One key for a terminal that shows 12 digits in one version and 20 in the other: leading zeros stripped. */
export function canonicalPhone(phone: string): string {
  let at = 0;
  while (at < phone.length - 1 && phone.charCodeAt(at) === 0x30) at++;
  return at === 0 ? phone : phone.slice(at);
}
