#!/usr/bin/env -S node --max-semi-space-size=16
// The `tributary` command. Plain JavaScript that old versions of Node can run as well: it finds a Node that is new enough
// for the gateway (the one that runs it, or that of the npm package `node` installed beside it) and hands over to it.
// The young generation is bounded because V8 else lets it grow by tens of MiB while thousands of devices connect, and
// keeps them: 11 KiB a connection instead of 7 with 15,000 idle ones (bench/RESULTS.md). `npm start` sets the same.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, parse } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST = 24;
const EX_CONFIG = 78;

const home = dirname(dirname(fileURLToPath(import.meta.url)));
// A checkout runs from its sources; a published package has none.
const source = join(home, "gateway", "main.ts");
const program = existsSync(source)
  ? ["--conditions=tributary-source", source]
  : [join(home, "dist", "gateway", "main.js")];

function adjacentNode() {
  for (let directory = home; ; directory = dirname(directory)) {
    const candidate = join(directory, "node_modules", "node", "bin", "node");
    if (existsSync(candidate)) return candidate;
    if (directory === parse(directory).root) return null;
  }
}

function handOver(executable) {
  const child = spawn(executable, [...process.execArgv, ...program, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // A terminal's SIGINT reaches the child by itself; the launcher only must not die of it.
    process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
  }
  child.on("error", (error) => refuse(`${executable} cannot be run: ${error.message}`));
  child.on("exit", (code, signal) => {
    process.exit(code === null ? 128 + (constants.signals[signal] ?? 0) : code);
  });
}

function refuse(text) {
  process.stderr.write(`tributary: ${text}\n`);
  process.exit(EX_CONFIG);
}

const isNewEnough = Number(process.versions.node.split(".")[0]) >= OLDEST;
if (isNewEnough && program.length === 1) {
  await import(program[0]);
} else {
  const executable = isNewEnough ? process.execPath : adjacentNode();
  if (executable !== null) handOver(executable);
  else
    refuse(
      `needs Node ${OLDEST} or newer, this is ${process.version}: run it with a newer Node, or install one beside it with \`npm install node@${OLDEST}\``,
    );
}
