// What a GB/T 32960 frame is: the header's fields as they stand on the wire, and the data unit as bytes.
//
//   start 2 | command 1 | response 1 | id 17 | encryption 1 | length 2 | data unit | BCC 1
//
// The start tells the version, and the version the meaning of everything behind it: 2025 gave several type codes of
// 2016 to other things.

/** The version of the standard, by the two start bytes: `##` and `$$`. */
export type Gbt32960Version = 2016 | 2025;
export const GBT32960_VERSIONS: readonly Gbt32960Version[] = Object.freeze([2016, 2025] as const);

export const HEADER_BYTES = 24;
export const ID_BYTES = 17;
/** Largest data unit of the standard. */
export const DATA_MAX_BYTES = 65_531;
/** Largest frame of the standard: header, data unit, BCC. */
export const FRAME_MAX_BYTES = HEADER_BYTES + DATA_MAX_BYTES + 1;

export const Command = {
  VehicleLogin: 0x01,
  Report: 0x02,
  Reissue: 0x03,
  VehicleLogout: 0x04,
  PlatformLogin: 0x05,
  PlatformLogout: 0x06,
  Heartbeat: 0x07,
  TimeSync: 0x08,
  /** From here to KeyExchange: 2025. */
  Activation: 0x09,
  ActivationResult: 0x0a,
  KeyExchange: 0x0b,
  Query: 0x80,
  Set: 0x81,
  Control: 0x82,
} as const;

/** The response flag. Flags that the standard does not name are kept as they are. */
export const Response = {
  Ok: 0x01,
  /** 2016: setting failed. 2025: other errors. */
  Error: 0x02,
  VinRepeated: 0x03,
  /** From here to Decryption: 2025. */
  NoSuchVin: 0x04,
  Signature: 0x05,
  Structure: 0x06,
  Decryption: 0x07,
  /** Not an answer: only frames with this flag may be answered. */
  Command: 0xfe,
} as const;

export const Encryption = {
  None: 0x01,
  Rsa: 0x02,
  Aes128: 0x03,
  /** 2025. */
  Sm2: 0x04,
  /** 2025. */
  Sm4: 0x05,
  Abnormal: 0xfe,
  Invalid: 0xff,
} as const;

export class Gbt32960Frame {
  readonly version: Gbt32960Version;
  readonly command: number;
  readonly response: number;
  /** The 17 characters of the id field, one a byte (Latin-1), padding included: what an answer must repeat. */
  readonly id: string;
  readonly encryption: number;
  /** The data unit. From the decoder: a view, valid until the next call of `next`, `abandon` or `push`. */
  readonly data: Uint8Array;

  constructor(
    version: Gbt32960Version,
    command: number,
    response: number,
    id: string,
    encryption: number,
    data: Uint8Array,
  ) {
    this.version = version;
    this.command = command;
    this.response = response;
    this.id = id;
    this.encryption = encryption;
    this.data = data;
  }

  /** The id without padding: the vehicle identification number, or a platform's code. */
  get vin(): string {
    return canonicalVin(this.id);
  }

  /** A frame that is no answer. */
  get isCommand(): boolean {
    return this.response === Response.Command;
  }

  /** The data unit is as its layout says. */
  get isPlain(): boolean {
    return this.encryption === Encryption.None;
  }

  /** The same frame with a data unit of its own memory. Whoever keeps a frame beyond the next decoder call keeps this. */
  detached(): Gbt32960Frame {
    return this.withData(this.encryption, this.data.slice());
  }

  withData(encryption: number, data: Uint8Array): Gbt32960Frame {
    return new Gbt32960Frame(this.version, this.command, this.response, this.id, encryption, data);
  }
}

/** An id field without the NULs and spaces around it. */
export function canonicalVin(id: string): string {
  let start = 0;
  let end = id.length;
  while (end > start && isPadding(id.charCodeAt(end - 1))) end--;
  while (start < end && isPadding(id.charCodeAt(start))) start++;
  return start === 0 && end === id.length ? id : id.slice(start, end);
}

function isPadding(code: number): boolean {
  return code === 0 || code === 0x20;
}
