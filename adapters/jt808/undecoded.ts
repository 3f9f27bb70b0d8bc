// What could not be read, as JSON for `…/up/undecoded`: always with the bytes and the reason.

import { formatId, toHex } from "jt808-parser";
import type { DecodeFault, FragmentSet } from "jt808-parser";
import { MessageId } from "./mapping.ts";

/** Name of the message. */
export const UNDECODED = "undecoded";

/** Of the older header: all that is shown of a bad authentication. */
const HEADER_BYTES = 12;
/** Bytes of fragments in one message; more go into several. */
const PAGE_BYTES = 65_536;
/** Missing numbers that are listed. */
const MISSING_MAX = 1024;

/** A frame that is none. `device` is whose link it came on: what the frame says of itself cannot be trusted. */
export function badFrameJson(fault: DecodeFault, device: string, now: number): string {
  return JSON.stringify({
    message: UNDECODED,
    device,
    receivedAt: new Date(now).toISOString(),
    fault: { code: fault.code, field: "" },
    hex: toHex(isSecret(fault.raw) ? fault.raw.subarray(0, HEADER_BYTES) : fault.raw),
  });
}

/** A message whose fragments did not all come, or that could not be kept: one JSON for each page of its bytes. */
export function lostSetJson(set: FragmentSet, code: string, device: string, now: number): string[] {
  const pages = pagesOf(set);
  return pages.map((fragments, page) =>
    JSON.stringify({
      id: formatId(set.id),
      message: UNDECODED,
      device,
      phone: set.phone,
      serial: set.firstSerial,
      receivedAt: new Date(now).toISOString(),
      fault: { code, field: "" },
      total: set.total,
      received: set.count,
      missing: set.missing(MISSING_MAX),
      page: page + 1,
      pages: pages.length,
      fragments: fragments.map(({ number, serial, body }) =>
        set.id === MessageId.Authenticate ? { number, serial } : { number, serial, hex: toHex(body) },
      ),
    }),
  );
}

function pagesOf(set: FragmentSet): FragmentSet["fragments"][] {
  const pages: FragmentSet["fragments"][number][][] = [[]];
  let bytes = 0;
  for (const fragment of set.fragments) {
    if (bytes > 0 && bytes + fragment.body.length > PAGE_BYTES) {
      pages.push([]);
      bytes = 0;
    }
    pages.at(-1)!.push(fragment);
    bytes += fragment.body.length;
  }
  return pages;
}

/** An authentication, as far as one can tell: its code is between the terminal and us. */
function isSecret(raw: Uint8Array): boolean {
  return raw.length > 1 && ((raw[0]! << 8) | raw[1]!) === MessageId.Authenticate;
}
