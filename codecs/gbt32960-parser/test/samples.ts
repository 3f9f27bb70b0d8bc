// Frames put together by hand from the tables of the standard, for what no recorded frame shows. The bytes are written
// out here; nothing of the package's encoder made them.

import type { Gbt32960Version } from "../src/index.ts";
import { framed } from "./vectors.ts";

const TIME = "1a0707063704";
const ICCID = "3839383630303030303030303030303030303031";

type Sample = readonly [version: Gbt32960Version, command: number, response: number, data: string];

const rows: readonly Sample[] = [
  // Answers with a time, with nothing, with all that was sent.
  [2016, 0x05, 0x01, TIME],
  [2016, 0x06, 0x01, TIME],
  [2016, 0x01, 0x01, `${TIME} 0001 ${ICCID} 0103 303031`],
  [2016, 0x81, 0x01, TIME],
  [2016, 0x81, 0x02, ""],
  [2016, 0x82, 0x01, TIME],
  [2025, 0x01, 0x04, TIME],
  [2025, 0x02, 0x05, TIME],
  [2025, 0x03, 0x06, TIME],
  [2025, 0x04, 0x01, TIME],
  [2025, 0x05, 0x01, TIME],
  [2025, 0x06, 0x01, TIME],
  [2025, 0x09, 0x01, TIME],
  [2025, 0x0a, 0x01, ""],
  [2025, 0x0b, 0x07, TIME],
  [2025, 0x82, 0x01, TIME],
  // Commands that 2025 has and no recorded frame of 2025 shows.
  [2025, 0x05, 0xfe, `${TIME} 0001 75736572 0000000000000000 70617373 ${"00".repeat(16)} 05`],
  [2025, 0x07, 0xfe, ""],
  [2025, 0x07, 0x01, ""],
  [2025, 0x08, 0xfe, ""],
  [2025, 0x08, 0x01, TIME],
  [2025, 0x80, 0xfe, `${TIME} 04 01 02 03 10`],
  [2025, 0x80, 0x01, `${TIME} 04 011388 020a 0301 1001`],
  [2025, 0x81, 0xfe, `${TIME} 04 04 04 05 612e636e 061cc8 021e`],
  [2025, 0x81, 0x01, TIME],
  [2025, 0x82, 0xfe, `${TIME} 06 04 c7ebcda3b3b5`],
  [2016, 0x82, 0xfe, `${TIME} 80 0102`],
  [2016, 0x81, 0xfe, `${TIME} 05 0404 05 612e636e 061cc8 02000a 800102`],
  // A query that asks for values, answered for every parameter of the table.
  [
    2016,
    0x80,
    0x01,
    `${TIME} 10 010fa0 02000a 0303e8 0404 05612e636e 061cc8 07312e302e30 08322e302e30 091e 0a003c 0b003c 0c1e 0d04 0e622e636e 0f1cc9 1001`,
  ],
  [
    2025,
    0x80,
    0x01,
    `${TIME} 10 010fa0 020a 0301 0404 05612e636e 061cc8 07312e302e30 08322e302e30 091e 0a003c 0b003c 0c1e 0d04 0e622e636e 0f1cc9 1001`,
  ],
  // Units that no recorded frame shows, and one of every kind with values.
  [2025, 0x02, 0xfe, `${TIME} 03 0064 01 0032 02 015e 03 01 50 41 04 0bb8`],
  [2025, 0x02, 0xfe, `${TIME} 30 02 01 07d0 012c 04b0 044c 32 0002 6465 02 07d1 012d 04b1 044d 33 0000`],
  [2025, 0x02, 0xfe, `${TIME} 31 01 0fa0 7530 0002 0a28 0a29 0003 41 fe ff`],
  [2025, 0x02, 0xfe, `${TIME} 32 01 0002 0a29 01 0001 0a28 01 0001 42 01 0002 41`],
  [2025, 0x02, 0xfe, `${TIME} 07 01 01 0e10 7531 0002 0ce4 0ce5 08 01 01 0002 41 42 80 0001 54 ff 02 0001 aa 0001 bb`],
  [2016, 0x02, 0xfe, `${TIME} 04 01 0bb8 00c8 03 0064 0065 0066 0001 28 01f4 01 0064 02 0015 03 01`],
];

export const samples: readonly string[] = rows.map((row) => framed(...row));
