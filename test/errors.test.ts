// docs/errors.md and the code, compared both ways: every code has its row, every row its code; and a code that somebody
// writes where nothing collects it is found by its form.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { FaultCode } from "haproxy-protocol";

import { faultOfError, faultOfRefusal, verdictFaults } from "../adapters/http/faults.ts";
import * as httpFaults from "../adapters/http/faults.ts";
import { faults as mqttFaults } from "../adapters/mqtt/faults.ts";
import { CloseCode, PeerFault } from "../adapters/websocket/faults.ts";
import { closeReasonNames, RefusalReason, refusalReasonNames, verdictNames } from "../core/index.ts";
import { ExitCode } from "../gateway/exit-code.ts";
import { CertificateCode, CloseCause, ListenCode } from "../net/faults.ts";
import { errorsPage } from "../scripts/errors-page/page.ts";

const PROJECT = join(import.meta.dirname, "..");
const page = readFileSync(join(PROJECT, "docs/errors.md"), "utf8");

interface Row {
  readonly code: string;
  readonly cells: readonly string[];
}

/** By the title of their section, as a reader sees them. */
const sections: ReadonlyMap<string, readonly Row[]> = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => {
      const rows = text.split("\n").filter((line) => line.startsWith("| `"));
      const cells = rows.map((line) => line.slice(2, -2).split(" | "));
      return [text.slice(0, text.indexOf("\n")), cells.map((own) => ({ code: own[0]!.slice(1, -1), cells: own }))];
    }),
);

function codesOf(title: string): string[] {
  const rows = sections.get(title);
  assert.ok(rows !== undefined, `there is no section ${title}`);
  return rows.map(({ code }) => code).toSorted();
}

function sources(pattern: string): Map<string, string> {
  const paths = globSync(pattern, { cwd: PROJECT }).filter(
    (path) => !/(?:^|\/)(?:test|node_modules|dist)\//.test(path),
  );
  assert.ok(paths.length > 0, pattern);
  return new Map(paths.map((path) => [path, readFileSync(join(PROJECT, path), "utf8")]));
}

const tables: readonly (readonly [title: string, codes: readonly (string | number)[]])[] = [
  ["Exit codes", Object.values(ExitCode)],
  ["Ports that cannot be bound", Object.values(ListenCode)],
  ["Certificates", Object.values(CertificateCode)],
  ["Ends of connections", Object.values(CloseCause)],
  ["Verdicts", verdictNames],
  ["Refusals", refusalReasonNames.slice(1)],
  ["Ends of sessions", closeReasonNames.slice(1)],
  ["haproxy-protocol: FaultCode", Object.values(FaultCode)],
  ["mqtt: faults", Object.values(mqttFaults).map(({ code }) => code)],
  ["websocket: PeerFault", Object.values(PeerFault)],
  ["WebSocket: ends of connections", Object.values(CloseCode)],
];

for (const [title, codes] of tables) {
  test(`${title}: the page has the codes of the table, and no others`, () => {
    assert.deepEqual(codesOf(title), codes.map(String).toSorted());
  });
}

/** What adapters and the admin API state where it arises: the codes are those of the source, the known ones among them. */
const stated: readonly (readonly [title: string, pattern: string, call: RegExp])[] = [
  ["WebSocket: refused upgrades", "adapters/websocket/*.ts", /new UpgradeFault\(\s*\d+,\s*"(\w+)"/g],
  ["WebSocket: bad frames", "adapters/websocket/*.ts", /new FrameFault\(\s*"(\w+)"/g],
  ["HTTP answers", "adapters/http/**/*.ts", /new HttpFault\(\s*\d+,\s*"(\w+)"/g],
  ["Admin answers", "gateway/admin/*.ts", /(?:new AdminError\(\s*\w+,\s*|code: )"(\w+)"/g],
  ["Dropped messages", "{core,net,adapters}/**/*.ts", /messagesDropped, "(\w+)"/g],
  ["Protocol errors", "{core,net,adapters}/**/*.ts", /protocolErrors, "(\w+)"/g],
];

for (const [title, pattern, call] of stated) {
  test(`${title}: the page has the codes that the code states, and no others`, () => {
    const found = [...sources(pattern).values()].flatMap((text) => [...text.matchAll(call)].map(([, code]) => code!));
    assert.deepEqual(codesOf(title), [...new Set(found)].toSorted());
  });
}

test("HTTP answers: what the adapter makes of verdicts, refusals and errors is on the page", () => {
  const refusals = Object.values(RefusalReason).map((reason) => faultOfRefusal(reason));
  const errors = [new Error("ours"), Object.assign(new Error("bad"), { code: "FST_ERR_VALIDATION", statusCode: 400 })];
  const made = [
    ...verdictFaults,
    ...refusals,
    ...errors.map((error) => faultOfError(error)),
    ...Object.values(httpFaults),
  ];
  const rows = new Map(sections.get("HTTP answers")?.map(({ code, cells }) => [code, cells]));
  let seen = 0;
  for (const fault of made) {
    if (!(fault instanceof httpFaults.HttpFault)) continue;
    seen++;
    assert.ok(rows.get(fault.code)?.[2]?.split(", ").includes(String(fault.status)), `${fault.status} ${fault.code}`);
  }
  assert.ok(seen > 20);
});

const FAULT_CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

test("every table of every faults.ts, of codecs and adapters that come later too, has its section", async () => {
  for (const path of sources("{codecs/*/src,adapters/*}/faults.ts").keys()) {
    const module = (await import(pathToFileURL(join(PROJECT, path)).href)) as Record<string, unknown>;
    const owner = path.split("/")[1]!;
    for (const [name, table] of Object.entries(module)) {
      const codes = typeof table === "object" && table !== null ? Object.values(table) : [];
      if (codes.length === 0 || !codes.every((code) => typeof code === "string" && FAULT_CODE.test(code))) continue;
      assert.deepEqual(codesOf(`${owner}: ${name}`), codes.map(String).toSorted(), path);
    }
  }
});

test("a code of an area that the page knows is on the page, wherever it stands in the code", () => {
  const known = new Set([...sections.values()].flatMap((rows) => rows.map(({ code }) => code)));
  const areas = new Set([...known].filter((code) => FAULT_CODE.test(code)).map((code) => code.split("_")[0]!));
  areas.delete("DEVICE");
  assert.ok(areas.has("MQTT") && areas.has("NET") && areas.has("PROXY") && areas.has("JT808"));
  const form = new RegExp(`"((?:${[...areas].join("|")})(?:_[A-Z0-9]+)+)"`, "g");
  let seen = 0;
  for (const [path, text] of sources("{core,net,adapters,backends,gateway,codecs}/**/*.ts")) {
    for (const [, code] of text.matchAll(form)) {
      assert.ok(known.has(code!), `${path}: ${code} is not on the page`);
      seen++;
    }
  }
  assert.ok(seen > 80);
});

test("every row says what the code means, whose fault it is, and what to do", () => {
  for (const [title, rows] of sections) {
    assert.ok(rows.length > 0, title);
    assert.equal(new Set(rows.map(({ code }) => code)).size, rows.length, `${title}: a code stands twice`);
    for (const { code, cells } of rows) {
      const [, means = "", ...rest] = cells;
      const [whose = "", cure = ""] = rest.slice(-2);
      assert.match(means, /^.{3}.*[.!?…]$/, `${title}: ${code}`);
      assert.match(whose, /^(?:peer|operator|environment|us|nobody)$/, `${title}: ${code}`);
      assert.match(cure, /\w+.*\.$/, `${title}: ${code}`);
    }
  }
});

test("docs/errors.md is up to date (npm run docs)", async () => {
  assert.equal(page, await errorsPage());
});
