import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { FakeWire } from "../../../conformance/fake-wire.ts";
import { CloseReason, Refusal, RefusalReason, Verdict, type Peer } from "../../../core/index.ts";
import { directPeer } from "../../../net/peer.ts";
import { LineConnection } from "../connection.ts";

const PEER: Peer = directPeer("line", "192.0.2.1", 1);

/** A write is a line. */
const linesOf = (wire: FakeWire): string[] => wire.written.map((bytes) => Buffer.from(bytes).toString().trimEnd());

function connected(): {
  gateway: FakeGateway;
  wire: FakeWire;
  connection: LineConnection;
  say: (text: string) => void;
} {
  const gateway = new FakeGateway({ protocol: "line" });
  const wire = new FakeWire();
  const connection = new LineConnection(wire, PEER, gateway);
  return { gateway, wire, connection, say: (text) => connection.onBytes(Buffer.from(text)) };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

suite("line connection", () => {
  test("hello opens a session with the names as they were given", async () => {
    const { gateway, wire, say } = connected();
    say("hello truck%207 acme/tom p%00w\n");
    assert.equal(wire.isPaused, true, "nothing is read while it is authenticated");
    await settled();
    const { credentials } = gateway.authentications[0]!;
    assert.deepEqual([credentials.client, credentials.user], ["truck 7", "acme/tom"]);
    assert.deepEqual(credentials.password, new Uint8Array([112, 0, 119]));
    assert.deepEqual(linesOf(wire), ["ok"]);
    assert.deepEqual([wire.isEstablished, wire.isPaused], [true, false]);
  });

  test("without a user the credentials say so", async () => {
    const { gateway, say } = connected();
    say("hello a\n");
    await settled();
    assert.equal(gateway.authentications[0]!.credentials.user, null);
  });

  test("a refusal is named, and is the end", async () => {
    const { gateway, wire, say } = connected();
    gateway.script.authenticate = () => new Refusal(RefusalReason.Banned, "");
    say("hello a\nhello a\n");
    await settled();
    assert.deepEqual(linesOf(wire), ["no banned"]);
    assert.equal(wire.isEnded, true);
    assert.equal(gateway.authentications.length, 1);
  });

  test("each verdict by its name; Pending is answered when it is settled, and holds the next line back", async () => {
    const { gateway, wire, say } = connected();
    say("hello a\n");
    await settled();
    const verdicts: Verdict[] = [Verdict.Denied, Verdict.Pending, Verdict.NoSubscriber];
    gateway.script.publish = () => verdicts.shift()!;
    say("pub a 1\npub b 2\npub c 3\n");
    assert.deepEqual(linesOf(wire), ["ok", "no denied"]);
    assert.equal(wire.isPaused, true);
    gateway.sessionOf("a").settle(0, Verdict.Overload);
    assert.deepEqual(linesOf(wire), ["ok", "no denied", "no overload", "ok"]);
    assert.equal(wire.isPaused, false);
  });

  test("thousands of lines in one chunk need no stack", async () => {
    const { wire, say } = connected();
    say("hello a\n");
    await settled();
    say("pub a\n".repeat(40_000));
    assert.equal(linesOf(wire).length, 40_001);
  });

  test("deliveries are lines; their answer is the wire's", async () => {
    const { gateway, wire, say, connection } = connected();
    say("hello a\nsub x/%23\n");
    await settled();
    const session = gateway.sessionOf("a");
    assert.deepEqual([...session.subscriptions.keys()], ["x/#"]);
    wire.isFull = true;
    session.send({ topic: "x/ü 1", payload: "a b\n" });
    session.send({ topic: "x/2", payload: "" });
    assert.deepEqual(linesOf(wire).slice(2), ["msg x/%c3%bc%201 a%20b%0a"]);
    connection.onWritable();
    assert.deepEqual(linesOf(wire).slice(3), ["msg x/2"]);
  });

  test("who breaks the protocol is told so", async () => {
    for (const lines of ["pub a b\n", "hello a\nhello a\n", "hello a\nnonsense\n", `hello a\n${"x".repeat(300_000)}`]) {
      const { gateway, wire, say } = connected();
      say(lines);
      await settled();
      assert.equal(linesOf(wire).at(-1), "bye protocol", lines.slice(0, 20));
      assert.equal(wire.isEnded, true);
      assert.deepEqual(gateway.open, []);
    }
  });

  test("the session ends for the reason that the connection ended", async () => {
    const ends: [(connection: LineConnection) => void, CloseReason][] = [
      [(connection) => connection.onClosed(), CloseReason.ConnectionLost],
      [(connection) => connection.onStopping(), CloseReason.Stopping],
      [(connection) => connection.onBytes(Buffer.from("bye\n")), CloseReason.Normal],
    ];
    for (const [end, reason] of ends) {
      const { gateway, say, connection } = connected();
      say("hello a\n");
      await settled();
      end(connection);
      connection.onClosed();
      assert.equal(gateway.sessionOf("a").closed, reason);
    }
  });
});
