// Who is not let in, and who goes away while he waits: no session may be left behind, and the device must be told.

import assert from "node:assert/strict";
import { Refusal, RefusalReason, refusalReasonNames } from "../../../core/index.ts";
import { needsExclusive, type ContractCase } from "../contract-case.ts";
import { Stage, closed, eventually, turns } from "../stage.ts";
import { TcpClient } from "../tcp-client.ts";

const REASONS: readonly RefusalReason[] = Object.values(RefusalReason);

export const admission: readonly ContractCase[] = [
  {
    name: "who connects is asked for by the names that he gave",
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const who = stage.who();
        const client = await stage.connect(who);
        const asked = stage.gateway.authentications[0];
        assert.ok(asked !== undefined);
        assert.equal(asked.credentials.client, who.client);
        assert.equal(asked.peer.address, "127.0.0.1");
        assert.equal(asked.peer.listener, subject.module.name);
        assert.equal(asked.peer.secure, false);
        const session = stage.gateway.sessionOf(who.client);
        assert.equal(session.options.exclusive, subject.driver.exclusive);
        assert.ok(session.options.inflightMax >= 1 && session.options.inflightMax <= 65_535);
        client.destroy();
      }),
  },
  {
    name: "each refusal of the authentication is told, and leaves no session",
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        for (const reason of REASONS) {
          stage.gateway.script.authenticate = () => new Refusal(reason, "kit");
          const client = await subject.driver.connect(stage.at, stage.who());
          assert.equal(client, "refused", refusalReasonNames[reason]);
        }
        assert.equal(stage.gateway.sessions.length, 0);
        stage.gateway.script.authenticate = () => null;
        (await stage.connect()).destroy();
      }),
  },
  {
    name: "each refusal of the session is told, and leaves no session",
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        for (const reason of REASONS) {
          stage.gateway.script.open = () => new Refusal(reason, "kit");
          const client = await subject.driver.connect(stage.at, stage.who());
          assert.equal(client, "refused", refusalReasonNames[reason]);
        }
        assert.equal(stage.gateway.sessions.length, 0);
        stage.gateway.script.open = () => null;
        (await stage.connect()).destroy();
      }),
  },
  {
    name: "a device that hangs up while it is authenticated leaves no session",
    exclude: needsExclusive,
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        for (const verb of ["authenticate", "openSession"] as const) {
          const asked = stage.gateway.authentications.length;
          const letGo = stage.gateway.hold(verb);
          const socket = await TcpClient.open(stage.at);
          socket.write(subject.driver.session(stage.who()).bytes);
          await stage.gateway.until(() => stage.gateway.authentications.length > asked, "authentication");
          socket.destroy();
          await closed(socket);
          await turns(3);
          letGo();
          await turns(3);
          await eventually(() => stage.gateway.open.length, 0, `sessions after hanging up during ${verb}`);
        }
      }),
  },
  {
    name: "a stop while a device is authenticated leaves no session",
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const letGo = stage.gateway.hold("authenticate");
        const connecting = subject.driver.connect(stage.at, stage.who()).catch(() => "refused" as const);
        await stage.gateway.until(() => stage.gateway.authentications.length > 0, "authentication");
        const stopped = stage.stop();
        await turns(2);
        letGo();
        await stopped;
        const client = await connecting;
        if (client !== "refused") await closed(client);
      }),
  },
  {
    name: "what a device sends ahead of its answer waits for the session and keeps its order",
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const letGo = stage.gateway.hold("openSession");
        const { bytes, publishEnds, isAnswered } = subject.driver.session(stage.who());
        const socket = await TcpClient.open(stage.at);
        socket.write(bytes);
        await stage.gateway.until(() => stage.gateway.authentications.length > 0, "authentication");
        await turns(3);
        assert.equal(stage.gateway.sessions.length, 0);
        letGo();
        await socket.until(isAnswered, "the answers to a whole session");
        const published = stage.gateway.sessions.flatMap((session) => session.publications);
        assert.equal(published.length, publishEnds.length);
        socket.destroy();
      }),
  },
];
