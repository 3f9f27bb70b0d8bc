// The admin listener over real HTTP, in front of a gateway with a real adapter and real devices.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";

import { line } from "../../../adapters/line/index.ts";
import { SilentLog } from "../../../conformance/silent-log.ts";
import { createNetKit } from "../../../net/kit.ts";
import { Authority } from "../../../net/test/certificates.ts";
import { loadConfig } from "../../config/load.ts";
import { GatewayRun } from "../../gateway-run.ts";
import { portsOf } from "../../listener-table.ts";
import { build } from "../../test/fake-adapters.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const TOKEN = "an-admin-token-of-some-length";

class Scene {
  readonly run: GatewayRun;
  readonly log = new SilentLog();
  readonly #devices: Socket[] = [];

  constructor(admin: object, listener: object = {}) {
    const config = {
      anonymous: "allow",
      admin: { port: 0, ...admin },
      adapters: { line: { listeners: [{ port: 0, ...listener }] } },
    };
    const loaded = loadConfig({ file: "test", text: JSON.stringify(config) }, {}, [line]);
    assert.ok(!Array.isArray(loaded), JSON.stringify(loaded));
    const kit = createNetKit({ log: this.log });
    const { settings } = loaded;
    this.run = new GatewayRun({ settings, modules: [line], kit, log: this.log, build, processMetrics: true });
  }

  /** A line device that said hello and was heard. */
  async device(name: string): Promise<Socket> {
    const socket = connect(portsOf(this.run.listeners)["line"]!, "127.0.0.1");
    this.#devices.push(socket);
    socket.write(`hello ${name}\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    return socket;
  }

  ask(path: string, options: RequestOptions = {}): Promise<Answer> {
    const port = portsOf(this.run.listeners)["admin"]!;
    return new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path, agent: false, ...options }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      asked.on("error", reject);
      asked.end();
    });
  }

  async json(path: string, options: RequestOptions = {}): Promise<Record<string, unknown>> {
    return JSON.parse((await this.ask(path, options)).text) as Record<string, unknown>;
  }

  async stop(): Promise<void> {
    for (const device of this.#devices) device.destroy();
    await this.run.stop(AbortSignal.timeout(1_000));
  }
}

describe("on loopback, without a token", () => {
  const scene = new Scene({});
  before(() => scene.run.start());
  after(() => scene.stop());

  test("health", async () => {
    for (const path of ["/livez", "/readyz", "/healthz"]) {
      const answer = await scene.ask(path);
      assert.equal(answer.status, 200);
      assert.equal(answer.text, "ok\n");
      assert.equal(answer.headers["cache-control"], "no-store");
    }
    assert.equal((await scene.ask("/readyz?verbose")).text, "[+] gateway: ready\n[+] line: 1 bound\nok\n");
  });

  test("status", async () => {
    const status = await scene.json("/api/v1/status");
    assert.partialDeepStrictEqual(status, { version: "1.2.3", state: "ready", totals: { sessions: 0 } });
    assert.deepEqual(
      (status["listeners"] as { name: string }[]).map((listener) => listener.name),
      ["line", "admin"],
    );
    assert.partialDeepStrictEqual(status["adapters"], [{ name: "line", capabilities: { transports: ["tcp", "tls"] } }]);
  });

  test("clients: pages, filters, one, kick", async () => {
    const devices = new Map<string, Socket>();
    for (const name of ["a", "b", "c", "x/y%20z", "__proto__"]) {
      devices.set(decodeURIComponent(name), await scene.device(name));
    }
    const names = async (query: string) => {
      const { clients, total } = await scene.json(`/api/v1/clients${query}`);
      return { total, names: (clients as { client: string }[]).map((record) => record.client) };
    };
    assert.equal((await names("")).total, 5);
    assert.deepEqual(await names("?limit=2&offset=1"), { total: 5, names: ["b", "c"] });
    assert.deepEqual(await names("?search=/y"), { total: 1, names: ["x/y z"] });
    assert.equal((await names("?tenant=acme")).total, 0);
    assert.equal((await names("?tenant=&protocol=line&connected=true&listener=line&user=")).total, 5);
    assert.equal((await names("?connected=false")).total, 0);

    const path = `/api/v1/clients/${encodeURIComponent("x/y z")}`;
    assert.partialDeepStrictEqual(await scene.json(path), { client: "x/y z", protocol: "line", expirySeconds: 0 });
    assert.equal((await scene.ask(`${path}?tenant=acme`)).status, 404);
    const closed = new Promise((resolve) => devices.get("x/y z")!.once("close", resolve));
    devices.get("x/y z")!.resume();
    assert.equal((await scene.ask(path, { method: "DELETE" })).status, 204);
    await closed;
    assert.equal((await scene.ask(path, { method: "DELETE" })).status, 404);
    assert.deepEqual(await scene.json(path), { error: { code: "not_found", message: "no such client" } });
    assert.equal((await scene.ask("/api/v1/clients/__proto__", { method: "DELETE" })).status, 204);
    assert.equal((await scene.ask("/api/v1/clients/constructor", { method: "DELETE" })).status, 404);
    assert.equal((await names("")).total, 3);
  });

  test("what is asked wrongly is an error, not ignored", async () => {
    for (const query of ["limit=0", "limit=1001", "limit=x", "offset=-1", "connected=maybe", "colour=red"]) {
      const answer = await scene.ask(`/api/v1/clients?${query}`);
      assert.equal(answer.status, 400, query);
      assert.equal((JSON.parse(answer.text) as { error: { code: string } }).error.code, "bad_request");
    }
    assert.equal((await scene.ask("/nothing")).status, 404);
    assert.equal((await scene.ask("/api/v1/status", { method: "POST" })).status, 404);
  });

  test("a name that resolves to this machine is not this machine's name", async () => {
    for (const host of ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "x", "[::2]"]) {
      assert.equal((await scene.ask("/api/v1/status", { headers: { host } })).status, 403, host);
    }
    for (const host of ["localhost", "localhost:18083", "127.0.0.1:1", "[::1]:18083", "LOCALHOST"]) {
      assert.equal((await scene.ask("/api/v1/status", { headers: { host } })).status, 200, host);
    }
  });

  test("metrics", async () => {
    const device = await scene.device("metrics");
    device.write("pub a/b hello\n");
    await new Promise((resolve) => device.once("data", resolve));
    await scene.run.reload();
    const { text, headers } = await scene.ask("/metrics");
    assert.match(headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/);
    const value = (name: string) =>
      Number(
        text
          .split("\n")
          .find((one) => one.startsWith(`${name} `))
          ?.slice(name.length + 1),
      );
    assert.equal(value('tributary_build_info{version="1.2.3",node_version="24.0.0"}'), 1);
    assert.equal(value("tributary_ready"), 1);
    assert.equal(value("tributary_config_last_reload_successful"), 1);
    assert.ok(value("tributary_config_last_reload_success_timestamp_seconds") > 1.6e9);
    assert.ok(value('tributary_connections{listener="line",protocol="line"}') >= 1);
    assert.ok(value('tributary_connections_opened_total{listener="line",protocol="line"}') >= 6);
    assert.ok(value('tributary_bytes_received_total{listener="line",protocol="line"}') > 0);
    assert.ok(value('tributary_auth_requests_total{backend="anonymous",result="accepted"}') >= 6);
    assert.equal(value('tributary_publish_verdicts_total{listener="line",protocol="line",verdict="no_subscriber"}'), 1);
    assert.ok(value("process_resident_memory_bytes") > 0);
    assert.ok(!text.includes("tributary_tls_cert_not_after_seconds{"), "nothing here has a certificate");
    const samples = text.split("\n").filter((one) => one !== "" && !one.startsWith("#"));
    assert.equal(new Set(samples.map((one) => one.slice(0, one.lastIndexOf(" ")))).size, samples.length);
    // A scrape reads, it does not add up: the same figure the second time.
    const again = (await scene.ask("/metrics")).text;
    assert.ok(again.includes('verdict="no_subscriber"} 1\n'));
  });

  test("its documentation names every route", async () => {
    const document = await scene.json("/openapi.json");
    assert.deepEqual(Object.keys(document["paths"] as object).toSorted(), [
      "/api/v1/clients",
      "/api/v1/clients/{client}",
      "/api/v1/status",
      "/healthz",
      "/livez",
      "/metrics",
      "/readyz",
    ]);
  });

  test("draining: alive, not ready, and still there", async () => {
    scene.run.drain();
    assert.equal((await scene.ask("/livez")).status, 200);
    const answer = await scene.ask("/readyz?verbose");
    assert.equal(answer.status, 503);
    assert.equal(answer.text, "[-] gateway: draining\n[-] line: 1 bound\nnot ready\n");
    assert.match((await scene.ask("/metrics")).text, /^tributary_ready 0$/m);
  });
});

test("the metrics tell when certificates end, as of the start and of the last reload", async (t) => {
  const authority = await Authority.create(t);
  const pair = await authority.issue("gw", "DNS:gw.example.org", null, 30);
  const scene = new Scene({}, { tls: pair });
  await scene.run.start();
  t.after(() => scene.stop());
  const told = async () =>
    /^tributary_tls_cert_not_after_seconds\{listener="line"\} (\d+)$/m.exec((await scene.ask("/metrics")).text)?.[1];
  const end = () => String(Date.parse(new X509Certificate(readFileSync(pair.cert)).validTo) / 1000);
  const first = end();
  assert.equal(await told(), first);
  await authority.issue("gw", "DNS:gw.example.org", pair, 60);
  assert.equal(await told(), first);
  await scene.run.reload();
  assert.equal(await told(), end());
  assert.notEqual(end(), first);
});

describe("with a token", () => {
  const scene = new Scene({ token: TOKEN, host: "0.0.0.0" });
  before(() => scene.run.start());
  after(() => scene.stop());

  test("probes are open, everything else needs it", async () => {
    for (const path of ["/livez", "/readyz", "/healthz"]) assert.equal((await scene.ask(path)).status, 200);
    for (const path of ["/metrics", "/api/v1/status", "/api/v1/clients", "/openapi.json", "/nothing", "/livez/x"]) {
      for (const authorization of [undefined, TOKEN, `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, "Bearer "]) {
        const headers = authorization === undefined ? {} : { authorization };
        assert.equal((await scene.ask(path, { headers })).status, 401, `${path} ${authorization}`);
      }
    }
    const headers = { authorization: `Bearer ${TOKEN}`, host: "gateway.example" };
    assert.equal((await scene.ask("/api/v1/status", { headers })).status, 200);
  });
});
