import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgumentError } from "commander";
import { durationMs } from "../sim-options.ts";

test("times as people write them", () => {
  assert.deepEqual(
    ["0", "5", "5s", "500ms", "1.5s", "2m", "1h"].map((text) => durationMs(text)),
    [0, 5000, 5000, 500, 1500, 120_000, 3_600_000],
  );
  for (const text of ["", "s", "-1s", "5 s", "1d", "1e3", "Infinity", "9999999h"])
    assert.throws(() => durationMs(text), InvalidArgumentError, text);
});
