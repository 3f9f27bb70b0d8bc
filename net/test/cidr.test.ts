import assert from "node:assert/strict";
import { test } from "node:test";
import { CidrList } from "../cidr.ts";

test("addresses and blocks of both families", () => {
  const list = new CidrList(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1", "198.51.100.64/26"]);
  for (const address of ["10.255.0.1", "192.0.2.1", "2001:db8:ffff::1", "::1", "198.51.100.127"])
    assert.equal(list.has(address), true, address);
  for (const address of ["11.0.0.1", "192.0.2.2", "2001:db9::1", "::2", "198.51.100.128", "", "/run/x", "10.0.0"])
    assert.equal(list.has(address), false, address);
});

test("an empty list holds nobody, a block of no bits everybody of its family", () => {
  assert.equal(new CidrList([]).has("127.0.0.1"), false);
  const all = new CidrList(["0.0.0.0/0"]);
  assert.equal(all.has("203.0.113.9"), true);
  assert.equal(all.has("2001:db8::1"), false);
});

test("what is neither is refused by name", () => {
  for (const text of [
    "",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "::/129",
    "host",
    "10.0/8",
    "1.2.3.4/0x8",
  ])
    assert.throws(
      () => new CidrList([text]),
      { name: "RangeError", message: new RegExp("neither an IP address") },
      text,
    );
});
