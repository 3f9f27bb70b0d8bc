// A header in front of a datagram's payload: each datagram bears its own, whole, and only version 2 is defined there.
// No state, no buffer: whoever owns the socket owns the bytes.

import { readBinaryHeader } from "./detect.ts";
import { DecodeFault, Fault } from "./faults.ts";
import { NO_PROXY_HEADER, type ProxyHeader } from "./frame.ts";
import { V2_SIGNATURE } from "./v2.ts";

/** The longest header there is: 16 bytes and what 16 bits can count. */
const HEADER_MAX_BYTES = 16 + 65_535;

export class ProxyDatagram {
  readonly header: ProxyHeader;
  /** Where the payload begins; the datagram's length when it has none. */
  readonly payloadStart: number;

  constructor(header: ProxyHeader, payloadStart: number) {
    this.header = header;
    this.payloadStart = payloadStart;
  }
}

/** Judges one datagram. None: it is all payload, which only the listener's policy can allow. Never throws. */
export function readProxyDatagram(datagram: Uint8Array): ProxyDatagram | typeof NO_PROXY_HEADER | DecodeFault {
  const reading = readBinaryHeader(datagram, datagram.length, HEADER_MAX_BYTES);
  // Shorter than the signature is not a header cut off, but a short payload, such as a single CRLF.
  if (typeof reading === "number") {
    return datagram.length < V2_SIGNATURE.length ? NO_PROXY_HEADER : Fault.datagramTruncated;
  }
  if (reading instanceof DecodeFault || reading === NO_PROXY_HEADER) return reading;
  return new ProxyDatagram(reading.header, reading.end);
}
