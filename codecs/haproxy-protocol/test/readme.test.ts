import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ProxyDecoder, ProxyHeader } from "haproxy-protocol";
import { fromHex } from "./fixtures.ts";

test("the worked example of README.md reads as README.md says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = /### Example[^]*?```\n([^]*?)```/.exec(readme)?.[1] ?? "";
  const hex = example
    .split("\n")
    .map((line) => /^(?:[0-9A-F]{2} ?)+/.exec(line)?.[0] ?? "")
    .join("")
    .replaceAll(" ", "");
  const decoder = new ProxyDecoder(512);
  decoder.push(fromHex(hex));
  const header = decoder.next();
  assert.ok(header instanceof ProxyHeader);
  assert.deepEqual([header.source?.address, header.source?.port], ["192.0.2.7", 56_324]);
  assert.deepEqual([header.destination?.address, header.destination?.port], ["198.51.100.9", 1883]);
  assert.equal(header.authority, "gw.example");
  assert.deepEqual(decoder.rest(), Uint8Array.of(0x10));
});
