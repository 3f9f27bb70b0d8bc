// The contract suite: every adapter's contract.test.ts calls this one function. See README.md.

import { suite, test } from "node:test";
import { admission } from "./cases/admission.ts";
import { bytes } from "./cases/bytes.ts";
import { crowd } from "./cases/crowd.ts";
import { delivery } from "./cases/delivery.ts";
import { lifeCycle } from "./cases/life-cycle.ts";
import { names } from "./cases/names.ts";
import { publishing } from "./cases/publish.ts";
import { reasonToSkip, type ContractCase } from "./contract-case.ts";
import type { ContractSubject } from "./driver.ts";

export type {
  Address,
  Answer,
  ContractDriver,
  ContractSubject,
  DeviceClient,
  OversizeBytes,
  Publishing,
  SessionBytes,
  Who,
} from "./driver.ts";
export type { Sending } from "./fake-session.ts";
export { TcpClient } from "./tcp-client.ts";

export const contractCases: readonly ContractCase[] = [
  ...lifeCycle,
  ...admission,
  ...publishing,
  ...delivery,
  ...bytes,
  ...names,
  ...crowd,
];

/** No case waits longer than this, ms. */
const CASE_TIMEOUT_MS = 60_000;

/** Registers the contract suite for one adapter with the test runner. */
export function runAdapterContract(subject: ContractSubject): void {
  suite(`contract: ${subject.module.name}`, () => {
    for (const one of contractCases) {
      const reason = reasonToSkip(one, subject);
      const skip = reason === null ? false : `does not apply: ${reason}`;
      test(one.name, { timeout: CASE_TIMEOUT_MS, skip }, (context) =>
        one.run(subject, (text) => context.diagnostic(text)),
      );
    }
  });
}
