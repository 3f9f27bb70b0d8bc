// mosquitto_pub and mosquitto_sub, as they come from Debian.

import { Child } from "../processes/child.ts";
import type { Delivery, Publisher, Received, Receiver, Scene } from "./scene.ts";

export type MqttVersion = "mqttv311" | "mqttv5";

/** Begins each line that shows a message: debug lines stand between them. */
const MARK = "MSG ";
const FORMAT = `${MARK}%q %r %x %t`;

/** The options that both programs take. */
export function mosquittoOptions(scene: Scene, version: MqttVersion): string[] {
  const options = ["-h", "127.0.0.1", "-p", String(scene.mqttPort ?? scene.gateway.port("mqtt")), "-V", version];
  if (scene.authority !== null) options.push("--cafile", scene.authority);
  if (scene.account !== null) options.push("-u", scene.account.name, "-P", scene.account.password);
  return options;
}

export class MosquittoPub implements Publisher {
  readonly name: string;
  readonly #options: readonly string[];

  constructor(scene: Scene, version: MqttVersion) {
    this.name = `mosquitto_pub ${version}`;
    this.#options = mosquittoOptions(scene, version);
  }

  async publish(topic: string, payload: Buffer, { qos, retain }: Delivery): Promise<void> {
    const options = [...this.#options, "-t", topic, "-q", String(qos), ...(retain ? ["-r"] : [])];
    // -n: nothing; -s: standard input, which must not be empty.
    options.push(payload.length === 0 ? "-n" : "-s");
    await new Child("mosquitto_pub", options, { input: payload }).succeeds();
  }

  async close(): Promise<void> {}
}

export class MosquittoSub implements Receiver {
  readonly name: string;
  readonly child: Child;

  private constructor(name: string, child: Child) {
    this.name = name;
    this.child = child;
  }

  /** Resolves when the gateway has granted the filters. stdbuf: into a pipe, what is not a message waits in a buffer. */
  static async open(
    scene: Scene,
    version: MqttVersion,
    filters: readonly string[],
    qos: 0 | 1 | 2,
    more: readonly string[] = [],
  ): Promise<MosquittoSub> {
    const topics = filters.flatMap((filter) => ["-t", filter]);
    const options = [...mosquittoOptions(scene, version), "-q", String(qos), "-d", "-F", FORMAT, ...topics, ...more];
    const sub = new MosquittoSub(`mosquitto_sub ${version}`, new Child("stdbuf", ["-oL", "mosquitto_sub", ...options]));
    await sub.child.untilOrStop("SUBACK", () => (/^Subscribed \(mid: \d+\): /m.test(sub.child.output) ? true : null));
    return sub;
  }

  async received(topic: string, count: number): Promise<readonly Received[]> {
    return this.child.until(`${count} × ${topic}`, () => {
      const found = this.all().filter((one) => one.topic === topic);
      return found.length >= count ? found : null;
    });
  }

  all(): Received[] {
    // What stands behind the last LF is not whole yet.
    return this.child.text
      .split("\n")
      .slice(0, -1)
      .filter((line) => line.startsWith(MARK))
      .map(parse);
  }

  async close(): Promise<void> {
    await this.child.stop();
  }
}

function parse(line: string): Received {
  const [qos, retain, hex, ...topic] = line.slice(MARK.length).split(" ");
  return { topic: topic.join(" "), payload: Buffer.from(hex!, "hex"), qos: Number(qos), retain: retain === "1" };
}
