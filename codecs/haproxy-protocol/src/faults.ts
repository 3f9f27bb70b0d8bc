// Everything that can be wrong with a PROXY header, as values. A peer that sends rubbish must not be able to buy stack
// traces, so a fault is an object that exists once per code; README.md explains each code to operators, and a test
// compares that table with this one.

/** A header that must not be believed. Returned, never thrown; one frozen instance per code. */
export class DecodeFault {
  /** Stable and documented: one of `FaultCode`. */
  readonly code: FaultCode;
  /** True: the decoder is positioned behind the bad frame and goes on. Never so here: without a header there is no peer. */
  readonly resumable: boolean;

  constructor(code: FaultCode, resumable: boolean) {
    this.code = code;
    this.resumable = resumable;
    Object.freeze(this);
  }
}

export const FaultCode = {
  /** The header is, or says that it is, longer than `maxFrame`. */
  TooLarge: "PROXY_TOO_LARGE",
  /** Version 1: no CRLF within the first 107 bytes. */
  V1TooLong: "PROXY_V1_TOO_LONG",
  /** Version 1: wrong separators, number of fields, or characters; a line end that is not CRLF. */
  V1Syntax: "PROXY_V1_SYNTAX",
  /** Version 1: the protocol is not TCP4, TCP6 or UNKNOWN. */
  V1Protocol: "PROXY_V1_PROTOCOL",
  /** Version 1: an address that is not one of the family that the line states. */
  V1Address: "PROXY_V1_ADDRESS",
  /** Version 1: a port that is not 0…65535 in decimal without leading zeros. */
  V1Port: "PROXY_V1_PORT",
  /** Version 2: the signature is followed by another version number than 2. */
  V2Version: "PROXY_V2_VERSION",
  /** Version 2: neither LOCAL nor PROXY. */
  V2Command: "PROXY_V2_COMMAND",
  /** Version 2: the length is shorter than the addresses of the family. */
  V2Length: "PROXY_V2_LENGTH",
  /** Version 2: a TLV, or a TLV inside the SSL TLV, that reaches past the end of what holds it. */
  V2Tlv: "PROXY_V2_TLV",
  /** Version 2: a registered TLV whose value cannot have that length, or a second CRC32C. */
  V2TlvValue: "PROXY_V2_TLV_VALUE",
  /** Version 2: the checksum is not that of the header. */
  V2Crc32c: "PROXY_V2_CRC32C",
  /** The datagram ends inside its header. */
  DatagramTruncated: "PROXY_DATAGRAM_TRUNCATED",
} as const;
export type FaultCode = (typeof FaultCode)[keyof typeof FaultCode];

export const Fault = Object.freeze({
  tooLarge: new DecodeFault(FaultCode.TooLarge, false),
  v1TooLong: new DecodeFault(FaultCode.V1TooLong, false),
  v1Syntax: new DecodeFault(FaultCode.V1Syntax, false),
  v1Protocol: new DecodeFault(FaultCode.V1Protocol, false),
  v1Address: new DecodeFault(FaultCode.V1Address, false),
  v1Port: new DecodeFault(FaultCode.V1Port, false),
  v2Version: new DecodeFault(FaultCode.V2Version, false),
  v2Command: new DecodeFault(FaultCode.V2Command, false),
  v2Length: new DecodeFault(FaultCode.V2Length, false),
  v2Tlv: new DecodeFault(FaultCode.V2Tlv, false),
  v2TlvValue: new DecodeFault(FaultCode.V2TlvValue, false),
  v2Crc32c: new DecodeFault(FaultCode.V2Crc32c, false),
  datagramTruncated: new DecodeFault(FaultCode.DatagramTruncated, false),
});
