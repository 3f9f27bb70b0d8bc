// The recorded frames of a codec, from its fixtures.

import { readFileSync } from "node:fs";

interface Decoder<Found> {
  push(chunk: Uint8Array): void;
  next(): Found | null;
}

/** What `decoder` makes of each line of codecs/{codec}/fixtures/{file} by itself: frames and faults, as they come. */
export function recorded<Found>(codec: string, file: string, decoder: () => Decoder<Found>): Found[] {
  const lines = readFileSync(new URL(`../../codecs/${codec}/fixtures/${file}`, import.meta.url), "utf8").trimEnd();
  const found: Found[] = [];
  for (const line of lines.split("\n")) {
    const { hex }: { hex: string } = JSON.parse(line);
    const one = decoder();
    one.push(Uint8Array.from(Buffer.from(hex, "hex")));
    for (let next = one.next(); next !== null; next = one.next()) found.push(next);
  }
  return found;
}

/** URL that the scripts of a codec begin with. */
export function sourcesOf(codec: string): string {
  return new URL(`../../codecs/${codec}/src/`, import.meta.url).href;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
