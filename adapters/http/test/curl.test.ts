// curl as it stands on the host: the commands of the README as they stand there, and more.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { promisify } from "node:util";
import { withRig } from "./rig.ts";

const run = promisify(execFile);
const CURL = "/usr/bin/curl";
const skip = existsSync(CURL) ? false : `${CURL} is not installed (apt-get install curl)`;
const TIMEOUT_MS = 10_000;

async function curl(...args: string[]): Promise<{ status: number; text: string }> {
  const { stdout } = await run(CURL, ["-sS", "-w", "\n%{http_code}", ...args], { timeout: TIMEOUT_MS });
  const end = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
}

const shell = (command: string) => run("/bin/sh", ["-c", command], { timeout: TIMEOUT_MS });

suite("curl", { skip }, () => {
  test("the README's commands do what the README says", () =>
    withRig({}, async (rig) => {
      const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
      const commands = (/```sh\n(.*?)```/s.exec(readme)?.[1] ?? "").trim().split("\n");
      assert.equal(commands.length, 3);
      const [publish, read, follow] = commands.map((line) => line.replace("127.0.0.1:8080", `127.0.0.1:${rig.port}`));
      assert.match((await shell(publish!)).stdout, /"verdict":"no_subscriber"/);
      assert.equal((await shell(read!)).stdout, "21.5");
      // A stream does not end by itself: curl gives up after a second, and says so with 28.
      const followed = await shell(`${follow!} -s -m 1 || test $? = 28`);
      assert.match(followed.stdout, /event: start\n.*"topic":"home\/kitchen\/temperature","payload":"21.5"/s);
    }));

  test("publishes, reads, and is told what is wrong", () =>
    withRig({}, async (rig) => {
      const url = `http://127.0.0.1:${rig.port}`;
      const published = await curl("-d", "21.5", `${url}/v1/topics/home/kitchen/temperature?qos=1&retain`);
      assert.equal(published.status, 202);
      assert.match(published.text, /"verdict":"no_subscriber"/);
      assert.deepEqual(await curl(`${url}/v1/topics/home/kitchen/temperature`), { status: 200, text: "21.5" });
      assert.equal((await curl("-u", "acme/truck-7:secret", "-d", "x", `${url}/v1/topics/a`)).status, 202);
      assert.equal((await curl("-u", "acme/truck-7:wrong", "-d", "x", `${url}/v1/topics/a`)).status, 401);
      assert.equal((await curl("-H", "Authorization: Bearer t0ken", "-d", "x", `${url}/v1/topics/a`)).status, 202);
      const batch = '[{"topic":"a","payload":"1"},{"topic":"b","payload":"2"}]';
      assert.equal((await curl("-H", "Content-Type: application/json", "-d", batch, `${url}/v1/publish`)).status, 202);
      assert.equal((await curl("-d", "x", `${url}/v1/topics/a?colour=red`)).status, 400);
      assert.equal((await curl("-I", `${url}/v1/topics/home/kitchen/temperature`)).status, 200);
    }));

  test("follows a stream, and resumes it", () =>
    withRig({}, async (rig) => {
      const url = `http://127.0.0.1:${rig.port}/v1/subscribe?filter=home/%23`;
      const follow = async (until: RegExp, ...headers: string[]): Promise<string> => {
        const child = spawn(CURL, ["-sSN", "-m", "10", ...headers, url], { stdio: ["ignore", "pipe", "inherit"] });
        let text = "";
        const seen = new Promise<void>((resolve, reject) => {
          child.once("close", () => reject(new Error(`curl ended with ${text}`)));
          child.stdout.on("data", (chunk: Buffer) => {
            text += chunk.toString();
            if (/event: start/.test(text)) publishOnce();
            if (until.test(text)) resolve();
          });
        });
        await seen.finally(() => child.kill());
        if (child.exitCode === null && child.signalCode === null) await once(child, "close");
        return text;
      };
      let published = 0;
      const publishOnce = (): void => {
        if (published++ === 0) void rig.post("home/a", "one").then(() => rig.post("home/b", "two"));
      };
      const text = await follow(/"payload":"two"/);
      const firstId = /id: (\S+)\ndata: \{"topic":"home\/a"/.exec(text)?.[1];
      assert.ok(firstId !== undefined, text);
      const again = await follow(/"payload":"two"/, "-H", `Last-Event-ID: ${firstId}`);
      assert.match(again, /"resumed":true,"missed":0/);
      assert.doesNotMatch(again, /"payload":"one"/);
    }));
});
