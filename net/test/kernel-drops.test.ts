import assert from "node:assert/strict";
import { endianness } from "node:os";
import { test } from "node:test";
import { kernelDropsIn, readKernelDrops } from "../kernel-drops.ts";

const skip = endianness() === "LE" ? false : "the table below was written by a little-endian machine";

const TABLE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  327: 0100007F:1A98 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 40213 2 0000000000000000 17
  328: 00000000:1A98 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 40214 2 0000000000000000 3
`;
const TABLE_6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  12: 00000000000000000000000000000000:1A98 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 5001 2 0000000000000000 4
  13: B80D0120000000000000000001000000:1A98 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 5002 2 0000000000000000 5
  14: 0000000000000000FFFF0000010200C0:1A98 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 5003 2 0000000000000000 6
`;

test("the kernel's count is found by address and port", { skip }, () => {
  assert.equal(kernelDropsIn(TABLE, "127.0.0.1", 6808), 17);
  assert.equal(kernelDropsIn(TABLE, "0.0.0.0", 6808), 3);
  assert.equal(kernelDropsIn(TABLE, "127.0.0.1", 6809), null);
  assert.equal(kernelDropsIn(TABLE_6, "::", 6808), 4);
  assert.equal(kernelDropsIn(TABLE_6, "2001:db8::1", 6808), 5);
  assert.equal(kernelDropsIn(TABLE_6, "::ffff:192.0.2.1", 6808), 6);
  assert.equal(kernelDropsIn("", "127.0.0.1", 6808), null);
});

test("a socket that is not there has no count", async () => {
  assert.equal(await readKernelDrops("192.0.2.1", 1), null);
});
