import assert from "node:assert/strict";
import { test } from "node:test";
import { isHostAllowed, isOriginAllowed } from "../web-origin.ts";

const cases: readonly (readonly [string | undefined, string | undefined, readonly string[], boolean, string])[] = [
  [undefined, "gw:8080", [], true, "no web page"],
  ["http://gw:8080", "gw:8080", [], true, "the same host"],
  ["https://gw", "gw", [], true, "the same host, behind TLS"],
  ["http://gw:8080", "GW:8080", [], true, "host names have no case"],
  ["http://gw:8081", "gw:8080", [], false, "another port"],
  ["http://evil.example", "gw:8080", [], false, "another host"],
  ["http://gw:8080.evil.example", "gw:8080", [], false, "a longer name"],
  ["http://127.0.0.1:8090", "127.0.0.1:8083", [], true, "a page of this machine, to this machine"],
  ["http://localhost:5173", "[::1]:8083", [], true, "the same under other names"],
  ["http://localhost:5173", "gw:8083", [], false, "a page of the visitor's machine, to a gateway elsewhere"],
  ["http://evil.example", "127.0.0.1:8083", [], false, "a page from elsewhere, to this machine"],
  ["http://127.0.0.1.evil.example", "127.0.0.1:8083", [], false, "a name that begins like a loopback address"],
  ["http://localhost.evil.example:80", "localhost:8083", [], false, "a name that begins like a loopback name"],
  ["null", "127.0.0.1:8083", [], false, "a file or a sandboxed page, to this machine"],
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

const hosts: readonly (readonly [string | undefined, string | undefined, readonly string[], boolean, string])[] = [
  ["127.0.0.1:8080", "127.0.0.1", [], true, "this machine, at its own address"],
  ["LOCALHOST:8080", "::1", [], true, "the same by name"],
  ["localhost", "::ffff:127.0.0.1", [], true, "on a socket for both versions"],
  ["rebound.example:8080", "127.0.0.1", [], false, "a name that was made to point to this machine"],
  ["localhost.rebound.example", "127.0.0.1", [], false, "one that begins like this machine's"],
  ["127.999.0.1", "127.0.0.1", [], false, "no address at all"],
  ["gw.example", "127.0.0.1", ["https://gw.example"], true, "a name on the list"],
  ["gw.example", "127.0.0.1", ["https://my-gw.example"], false, "the end of a name on the list"],
  ["gw.example", "127.0.0.1", ["*"], true, "everybody"],
  ["gw.example", undefined, [], true, "behind a proxy"],
  ["gw.example", "192.0.2.7", [], true, "at another address than loopback"],
  [undefined, "127.0.0.1", [], true, "no browser"],
];

for (const [host, localAddress, allowed, expected, why] of hosts) {
  test(`host ${host} at ${localAddress} with [${allowed.join()}]: ${expected ? "allowed" : "refused"} (${why})`, () => {
    assert.equal(isHostAllowed(host, localAddress, allowed), expected);
  });
}
