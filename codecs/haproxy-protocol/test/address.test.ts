import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../src/address.ts";
import { ipv6Bytes } from "./arbitrary.ts";

test("IPv6 text is the canonical one of RFC 5952", () => {
  const table: readonly (readonly [given: string, canonical: string])[] = [
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["2001:DB8::1", "2001:db8::1"], // lower case (4.3)
    ["2001:0db8::0001", "2001:db8::1"], // no leading zeros (4.1)
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"], // as short as can be (4.2.1)
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"], // one group is not shortened (4.2.2)
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"], // the longest run (4.2.3)
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"], // the first of equals (4.2.3)
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"], // well-known prefix (5)
    ["::FFFF:c000:0201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::192.0.2.1", "::c000:201"],
    ["fe80::", "fe80::"],
  ];
  for (const [given, canonical] of table) {
    const bytes = parseIpv6(given);
    assert.ok(bytes !== null, given);
    assert.equal(formatIpv6(bytes), canonical);
  }
});

test("what is not exactly an address is none", () => {
  const ipv4 = [
    "",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4 ",
    "+1.2.3.4",
    "1.2..4",
    "1.2.3.a",
    "٣.2.3.4",
  ];
  for (const text of ipv4) assert.equal(parseIpv4(text), null, text);
  const ipv6 = [
    "",
    ":",
    ":::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::1::",
    "1:2:3:4:5:6:7:8::",
    "1:2:3:4::5:6:7:8",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "12345::",
    "g::",
    "::1%lo",
    "[::1]",
    "1.2.3.4",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3",
    "1:2:3:4:5:6:7:8:9:10:11:12",
  ];
  for (const text of ipv6) assert.equal(parseIpv6(text), null, text);
});

test("text and bytes are the same address, both ways", () => {
  fc.assert(
    fc.property(ipv6Bytes, (bytes) => {
      assert.deepEqual(parseIpv6(formatIpv6(bytes)), bytes);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
      assert.deepEqual(parseIpv4(formatIpv4(bytes)), bytes);
    }),
  );
});

test("for every address that is not mapped, the platform's URL parser writes the same text", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), ipv6Bytes.map(formatIpv6)), (text) => {
      const bytes = parseIpv6(text);
      assert.ok(bytes !== null, text);
      const ours = formatIpv6(bytes);
      if (!ours.startsWith("::ffff:")) assert.equal(`[${ours}]`, new URL(`http://[${text}]/`).hostname);
    }),
    { numRuns: 1000 },
  );
});
