// What is refused before a route has its say, what browsers are told, and the description of it all.

import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, test } from "node:test";
import { Verdict } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { codeOf, messageOf, withRig } from "./rig.ts";
import type { Rig } from "./rig.ts";

async function sendRaw(rig: Rig, bytes: string): Promise<string> {
  const socket = await rig.raw();
  socket.on("error", () => undefined);
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.write(bytes, "latin1");
  await once(socket, "close");
  return text;
}

suite("paths and methods", () => {
  test("unknown paths are 404, known ones with another method 405", () =>
    withRig({}, async (rig) => {
      for (const path of ["/", "/v1", "/v1/topics", "/v2/topics/a", "/openapi.json/x", "/favicon.ico"]) {
        const answer = await rig.ask(path);
        assert.deepEqual([answer.status, codeOf(answer)], [404, "not_found"], path);
      }
      for (const [method, path, allow] of [
        ["PUT", "/v1/topics/a", "GET, HEAD, POST"],
        ["DELETE", "/v1/topics/a", "GET, HEAD, POST"],
        ["GET", "/v1/publish", "POST"],
        ["POST", "/openapi.json", "GET"],
      ] as const) {
        const answer = await rig.ask(path, { method });
        assert.deepEqual([answer.status, codeOf(answer), answer.headers.allow], [405, "method_not_allowed", allow]);
      }
    }));
});

suite("what is no HTTP", () => {
  const hostile: readonly (readonly [string, string, RegExp])[] = [
    ["noise", "\x16\x03\x01\x02\x00\r\n\r\n", /^HTTP\/1.1 400 .*malformed/s],
    ["no such version", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", /^HTTP\/1.1 400 /],
    [
      "two lengths",
      "POST /v1/topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
      /^HTTP\/1.1 400 /,
    ],
    [
      "length and chunks",
      "POST /v1/topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      /^HTTP\/1.1 400 /,
    ],
    [
      "bad chunk",
      "POST /v1/topics/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      /^HTTP\/1.1 400 /,
    ],
    ["bare CR in a header", "GET / HTTP/1.1\r\nHost: localhost\rX: b\r\n\r\n", /^HTTP\/1.1 400 /],
    [
      "headers without end",
      `GET / HTTP/1.1\r\nX: ${"x".repeat(40_000)}\r\n\r\n`,
      /^HTTP\/1.1 431 .*headers_too_large/s,
    ],
    ["a path without end", `GET /v1/topics/${"x".repeat(40_000)} HTTP/1.1\r\n\r\n`, /^HTTP\/1.1 431 /],
  ];
  for (const [name, bytes, expected] of hostile) {
    test(`${name}: answered, closed, counted`, () =>
      withRig({}, async (rig) => {
        assert.match(await sendRaw(rig, bytes), expected);
        const { protocolErrors } = rig.core.gateway("http").meter("http");
        assert.equal(
          [...protocolErrors.values()].reduce((sum, n) => sum + n, 0),
          1,
        );
        assert.equal((await rig.post("a", "x")).status, 202);
      }));
  }

  test("half a request, and then nothing: 408 and closed", () =>
    withRig({ config: { headersTimeoutMs: 100, requestTimeoutMs: 100 } }, async (rig) => {
      const [head, body] = await Promise.all([
        sendRaw(rig, "POST /v1/topics/a HTTP/1.1\r\nHost: localhost\r\n"),
        sendRaw(rig, "POST /v1/topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab"),
      ]);
      assert.match(head, /^HTTP\/1.1 408 .*request_timeout/s);
      assert.match(body, /^HTTP\/1.1 408 /);
    }));

  test("a peer that connects and says nothing is let go", () =>
    withRig({ listener: { firstFrameTimeoutMs: 1_000 } }, async (rig) => {
      const socket = await rig.raw();
      await rig.until(() => rig.connections === 1, "the connection");
      rig.clock.advance(1_100);
      socket.resume();
      await once(socket, "close");
    }));
});

suite("limits", () => {
  test("more requests than may run at once are 503", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    gateway.script.publish = () => Verdict.Pending;
    await withRig({ gateway, config: { requestsMax: 3 } }, async (rig) => {
      const running = [1, 2, 3].map((n) => rig.post(`a/${n}`, "x"));
      await gateway.until(() => gateway.sessions[0]?.pending.length === 3, "three that run");
      const fourth = await rig.post("a/4", "x");
      assert.deepEqual([fourth.status, codeOf(fourth), fourth.headers["retry-after"]], [503, "busy", "1"]);
      const session = gateway.sessions[0]!;
      while (session.pending.length > 0) session.settle(session.pending[0]!, Verdict.Accepted);
      for (const answer of await Promise.all(running)) assert.equal(answer.status, 202);
      gateway.script.publish = () => Verdict.Accepted;
      assert.equal((await rig.post("a/5", "x")).status, 202);
    });
  });

  test("a publisher who hangs up frees its place", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    gateway.script.publish = () => Verdict.Pending;
    await withRig({ gateway, config: { requestsMax: 1 } }, async (rig) => {
      const socket = await rig.raw();
      socket.write("POST /v1/topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx");
      await gateway.until(() => gateway.sessions[0]?.pending.length === 1, "one that runs");
      socket.destroy();
      await rig.until(() => rig.core.stats().sessions === 0 && gateway.meter("http").connections === 0, "its end");
      gateway.script.publish = () => Verdict.Accepted;
      assert.equal((await rig.post("a", "x")).status, 202);
      gateway.clock.advance(60_000);
    });
  });
});

suite("web pages", () => {
  const page = { origin: "https://app.example" };

  test("a name that was made to point to this machine is not answered (DNS rebinding)", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#");
      const rebound = { host: "rebound.example:8080", origin: "http://rebound.example:8080" };
      for (const headers of [rebound, { host: rebound.host }]) {
        for (const answer of [await rig.post("a", "x", headers), await rig.ask("/v1/topics/a", { headers })]) {
          assert.deepEqual([answer.status, codeOf(answer)], [403, "host_not_allowed"]);
        }
      }
      assert.equal(messages.length, 0);
    }));

  test("of other origins are refused, for reading and for publishing", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#");
      for (const answer of [
        await rig.post("a", "x", page),
        await rig.post("a", "x", { origin: "null" }),
        await rig.ask("/v1/topics/a", { headers: page }),
        await rig.ask("/v1/subscribe?filter=a", { headers: page }),
        await rig.ask("/v1/topics/a", { method: "OPTIONS", headers: page }),
      ]) {
        assert.deepEqual([answer.status, codeOf(answer)], [403, "origin_not_allowed"]);
        assert.equal(answer.headers["access-control-allow-origin"], undefined);
      }
      assert.equal(messages.length, 0);
    }));

  test("of the same host are let in", () =>
    withRig({}, async (rig) => {
      assert.equal((await rig.post("a", "x", { origin: `http://127.0.0.1:${rig.port}` })).status, 202);
    }));

  test("of an origin on the list: let in, and the browser is told", () =>
    withRig({ listener: { corsOrigins: ["https://app.example"] } }, async (rig) => {
      const answer = await rig.post("a", "x", page);
      assert.equal(answer.status, 202);
      assert.equal(answer.headers["access-control-allow-origin"], "https://app.example");
      assert.equal(answer.headers.vary, "Origin");
      const preflight = await rig.ask("/v1/topics/a", {
        method: "OPTIONS",
        headers: { ...page, "access-control-request-method": "POST" },
      });
      assert.equal(preflight.status, 204);
      assert.match(preflight.headers["access-control-allow-headers"] ?? "", /Authorization.*Idempotency-Key/);
      assert.match(preflight.headers["access-control-allow-methods"] ?? "", /POST/);
      const stream = await rig.open("/v1/subscribe?filter=a", { headers: page });
      assert.equal(stream.headers["access-control-allow-origin"], "https://app.example");
      stream.destroy();
      assert.equal((await rig.post("a", "x", { origin: "https://evil.example" })).status, 403);
    }));

  test("of every origin, where that is asked for", () =>
    withRig({ listener: { corsOrigins: ["*"] } }, async (rig) => {
      const answer = await rig.post("a", "x", { origin: "https://any.example" });
      assert.deepEqual([answer.status, answer.headers["access-control-allow-origin"]], [202, "https://any.example"]);
    }));
});

suite("/openapi.json", () => {
  interface Operation {
    readonly parameters?: readonly { readonly name: string; readonly in: string }[];
    readonly responses: Record<string, unknown>;
    readonly requestBody?: unknown;
  }
  interface Document {
    readonly openapi: string;
    readonly paths: Record<string, Record<string, Operation>>;
  }

  test("describes every route with what it takes and answers", () =>
    withRig({}, async (rig) => {
      const answer = await rig.ask("/openapi.json");
      assert.equal(answer.status, 200);
      const { openapi, paths } = answer.json as Document;
      assert.equal(openapi, "3.1.0");
      const routes = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((one) => `${one} ${path}`),
      );
      assert.deepEqual(
        routes.toSorted((a, b) => a.localeCompare(b)),
        ["get /v1/subscribe", "get /v1/topics/{topic}", "post /v1/publish", "post /v1/topics/{topic}"],
      );
      const publish = paths["/v1/topics/{topic}"]!["post"]!;
      const parameters = publish.parameters!.map(({ name, in: where }) => `${where} ${name}`);
      for (const name of ["path topic", "query qos", "query retain", "query expiry", "header idempotency-key"]) {
        assert.ok(parameters.includes(name), name);
      }
      assert.ok(publish.requestBody !== undefined);
      for (const status of ["202", "400", "401", "403", "413", "429", "503"]) {
        assert.ok(status in publish.responses, status);
      }
    }));

  test("every path that it names is served", () =>
    withRig({}, async (rig) => {
      const { paths } = (await rig.ask("/openapi.json")).json as Document;
      for (const [path, methods] of Object.entries(paths)) {
        for (const method of Object.keys(methods)) {
          const url = `${path.replace("{topic}", "some/topic")}?unknown=1`;
          const answer = await rig.ask(url, { method: method.toUpperCase() });
          assert.equal(answer.status, 400, url);
          assert.match(messageOf(answer), /unknown/);
        }
      }
    }));
});
