import assert from "node:assert/strict";
import { test } from "node:test";
import { isOriginAllowed } from "../web-origin.ts";

const cases: readonly (readonly [string | undefined, string | undefined, readonly string[], boolean, string])[] = [
  [undefined, "gw:8080", [], true, "no web page"],
  ["http://gw:8080", "gw:8080", [], true, "the same host"],
  ["https://gw", "gw", [], true, "the same host, behind TLS"],
  ["http://gw:8080", "GW:8080", [], true, "host names have no case"],
  ["http://gw:8081", "gw:8080", [], false, "another port"],
  ["http://evil.example", "gw:8080", [], false, "another host"],
  ["http://gw:8080.evil.example", "gw:8080", [], false, "a longer name"],
  ["null", "gw:8080", [], false, "a sandboxed page or a file"],
  ["null", "null", [], false, "a host of that name"],
  ["http://gw:8080", undefined, [], false, "no Host"],
  ["https://app.example", "gw:8080", ["https://app.example"], true, "on the list"],
  ["http://app.example", "gw:8080", ["https://app.example"], false, "on the list with another scheme"],
  ["null", "gw:8080", ["*"], true, "everybody"],
];

for (const [origin, host, allowed, expected, why] of cases) {
  test(`origin ${origin} at ${host} with [${allowed.join()}]: ${expected ? "allowed" : "refused"} (${why})`, () => {
    assert.equal(isOriginAllowed(origin, host, allowed), expected);
  });
}
