// The suite, tested: each breakage of the line adapter must be found by the case that is there for it.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { suite, test } from "node:test";
import { Message, Refusal, RefusalReason, Verdict } from "../../../core/index.ts";
import { contractCases } from "../index.ts";
import { brokenLine, type Breakage } from "./broken-line.ts";

// They wait in vain on purpose.
process.env["TRIBUTARY_TEST_PATIENCE_MS"] ??= "1500";

interface Broken {
  readonly what: string;
  readonly breakage: Breakage;
  /** Cases that must fail, and how. */
  readonly cases: Readonly<Record<string, RegExp>>;
}

const nothing = (): void => {};

const BROKEN: readonly Broken[] = [
  {
    what: "acknowledges what is still pending",
    breakage: {
      session: (session) => ({
        publish: (message, receipt) => session.publish(message, receipt) || Verdict.Accepted,
      }),
    },
    cases: {
      "never acknowledged before the verdict, nor against it": /answered before its verdict|was told/,
      "with many in flight, each is acknowledged only after its own verdict": /were answered/,
    },
  },
  {
    what: "says yes to everything",
    breakage: {
      session: (session) => ({
        publish(message, receipt) {
          return session.publish(message, receipt) === Verdict.Pending ? Verdict.Pending : Verdict.Accepted;
        },
      }),
    },
    cases: { "never acknowledged before the verdict, nor against it": /the core said \w+, the device was told taken/ },
  },
  {
    what: "never says that it is full",
    breakage: {
      device: (device) => ({
        deliver(...delivery) {
          device.deliver(...delivery);
          return true;
        },
      }),
    },
    cases: {
      "back-pressure: a device that does not read stops its own deliveries, and loses none": /answered false|cut off/,
    },
  },
  {
    what: "does not say when it can take more",
    breakage: { connection: () => ({ onWritable: nothing }) },
    cases: { "back-pressure: a device that does not read stops its own deliveries, and loses none": /waited in vain/ },
  },
  {
    what: "loses deliveries while it is full",
    breakage: {
      device(device) {
        let full = 0;
        return { deliver: (...delivery) => (full > 0 ? full-- > 0 : device.deliver(...delivery) || (full = 3) < 0) };
      },
    },
    cases: { "back-pressure: a device that does not read stops its own deliveries, and loses none": /in order|vain/ },
  },
  {
    what: "stays when it is sent away",
    breakage: { device: () => ({ disconnect: nothing }) },
    cases: {
      "take-over: the older connection ends, the newer one goes on": /waited in vain: the end of the connection/,
    },
  },
  {
    what: "does not close its session when the connection is lost",
    breakage: { session: () => ({ close: nothing }) },
    cases: {
      "one connection's end does not hurt another, and is told to the core": /waited in vain: both ends/,
      "stop ends connected devices and their sessions": /open sessions/,
    },
  },
  {
    what: "throws in deliver",
    breakage: {
      device: () => ({
        deliver() {
          throw new Error("broken");
        },
      }),
    },
    cases: { "disconnect in the middle of a publish, and of a delivery": /the contract was broken|deliver threw/ },
  },
  {
    what: "publishes twice",
    breakage: {
      session: (session) => ({
        publish(message, receipt) {
          session.publish(message, receipt);
          return session.publish(message, receipt);
        },
      }),
    },
    cases: { "many sessions in one piece each, sent at once": /answers|Expected|broken/ },
  },
  {
    what: "publishes in another one's name",
    breakage: {
      session: (session) => ({
        publish: (message, receipt) =>
          session.publish(Message.of({ ...message.origin }, message.topic, message.payload, 1), receipt),
      }),
    },
    cases: { "what one device publishes arrives in its order, whole and unchanged": /refused|taken/ },
  },
  {
    what: "loses what a chunk does not finish",
    breakage: {
      connection: (connection) => ({
        onBytes(chunk) {
          const end = chunk.lastIndexOf(10) + 1;
          if (end > 0) connection.onBytes(chunk.subarray(0, end));
        },
      }),
    },
    cases: {
      "a session cut in two at every byte is the same session": /answers|closed before|vain/,
      "a session that drips, one byte at a time, is the same session": /answers|closed before|vain/,
    },
  },
  {
    what: "keeps everything that it is sent",
    breakage: {
      connection() {
        const kept: Uint8Array[] = [];
        return { onBytes: (chunk) => void kept.push(chunk), onClosed: () => void kept.length };
      },
    },
    cases: {
      "what is over the limit is refused or passed over; it is neither buffered nor published": /bytes are kept/,
    },
  },
  {
    what: "publishes what was not finished",
    breakage: {
      connection: (connection) => ({
        onBytes(chunk) {
          connection.onBytes(chunk);
          if (chunk.includes(112) && chunk.at(-1) !== 10) connection.onBytes(new Uint8Array([10]));
        },
      }),
    },
    cases: { "a session that ends at any byte publishes nothing in part, and leaves nothing": /published/ },
  },
  {
    what: "leaves a timer armed",
    breakage: {
      adapter(_, { clock }) {
        clock.arm({ onTimer: nothing }, 1, 1_000);
        return {};
      },
    },
    cases: { "stop without start, and stop twice": /timers armed/ },
  },
  {
    what: "says that it started when it did not",
    breakage: { adapter: (adapter) => ({ start: () => adapter.start().catch(nothing) }) },
    cases: { "a port in use: start fails and leaves nothing bound": /Missing expected rejection/ },
  },
  {
    what: "does not stop",
    breakage: { adapter: () => ({ stop: async () => {} }) },
    cases: { "stop without start, and stop twice": /listeners after stop/ },
  },
  {
    what: "looks clients up in a plain object",
    breakage: {
      gateway(gateway) {
        const banned: Record<string, boolean> = { mallory: true };
        return {
          async authenticate(peer, credentials) {
            if (banned[credentials.client]) return new Refusal(RefusalReason.Banned, "");
            return gateway.authenticate(peer, credentials);
          },
        };
      },
    },
    cases: { "hostile client ids and users are names like others": /constructor was refused/ },
  },
];

suite("contract suite: finds what is broken", () => {
  for (const { what, breakage, cases } of BROKEN) {
    for (const [name, error] of Object.entries(cases)) {
      test(`an adapter that ${what}: ${name}`, { timeout: 60_000 }, async () => {
        const one = contractCases.find((candidate) => candidate.name === name);
        assert.ok(one, `there is no case "${name}"`);
        const { subject, release } = brokenLine(breakage);
        try {
          await assert.rejects(one.run(subject, nothing), error);
        } finally {
          await release();
        }
      });
    }
  }

  test("an adapter that leaves a socket listening", async () => {
    const forgotten = createServer();
    const breakage: Breakage = {
      adapter: (adapter) => ({
        async start() {
          await adapter.start();
          forgotten.listen(0, "127.0.0.1");
        },
      }),
    };
    const one = contractCases.find(({ name }) => name === "stop ends connected devices and their sessions")!;
    const { subject } = brokenLine(breakage);
    await assert.rejects(one.run(subject, nothing), /resources of the event loop/);
    forgotten.close();
  });

  test("every name of a case occurs once", () => {
    const names = contractCases.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});
