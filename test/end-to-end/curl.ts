// curl as a publisher, as a reader of last values, and as a reader of an event stream.

import { Child } from "../processes/child.ts";
import { eventually } from "../processes/deadline.ts";
import { webUrl } from "./scene.ts";
import type { Delivery, Publisher, Received, Receiver, Scene } from "./scene.ts";

/** An error of curl itself ends it with a code of its own; a status of HTTP does not. */
function options(scene: Scene): string[] {
  return [
    "-sS",
    ...(scene.authority === null ? [] : ["--cacert", scene.authority]),
    ...(scene.account === null ? [] : ["-u", `${scene.account.name}:${scene.account.password}`]),
  ];
}

export interface CurlAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export async function curl(
  scene: Scene,
  path: string,
  args: readonly string[] = [],
  input?: Buffer,
): Promise<CurlAnswer> {
  const url = webUrl(scene, "http", "http", path);
  const child = new Child("curl", [...options(scene), "-i", ...args, url], input === undefined ? {} : { input });
  await child.succeeds();
  return parseAnswer(child.output);
}

/** @param text bytes as characters, the header first */
function parseAnswer(text: string): CurlAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [statusLine, ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(statusLine!.split(" ")[1]);
  // An interim answer (100 Continue, before a long body) stands in front of the answer.
  if (status >= 100 && status < 200) return parseAnswer(text.slice(end + 4));
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status, headers, body: Buffer.from(text.slice(end + 4), "latin1") };
}

/** Each level on its own, so that slashes stay what they are. */
export function topicPath(topic: string): string {
  return `/v1/topics/${topic.split("/").map(encodeURIComponent).join("/")}`;
}

export class CurlPost implements Publisher {
  readonly name = "curl POST";
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async publish(topic: string, payload: Buffer, { qos, retain }: Delivery): Promise<void> {
    const { status, body } = await this.post(topic, payload, { qos, retain });
    if (status !== 202) throw new Error(`POST ${topic} answered ${status}: ${body.toString()}`);
  }

  post(topic: string, payload: Buffer, { qos, retain }: Delivery): Promise<CurlAnswer> {
    const path = `${topicPath(topic)}?qos=${qos}&retain=${retain}`;
    const type = ["-H", "Content-Type: application/octet-stream"];
    return curl(this.#scene, path, ["-X", "POST", ...type, "--data-binary", "@-"], payload);
  }

  async close(): Promise<void> {}
}

export class CurlGet implements Receiver {
  readonly name = "curl GET (last value)";
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** A last value is one message, however many there were. */
  async received(topic: string): Promise<readonly Received[]> {
    return eventually(`a last value of ${topic}`, async () => {
      const { status, headers, body } = await curl(this.#scene, topicPath(topic));
      if (status === 404) return null;
      if (status !== 200) throw new Error(`GET ${topic} answered ${status}: ${body.toString()}`);
      const retain = headers.get("tributary-retain") === "true";
      return [{ topic, payload: body, qos: Number(headers.get("tributary-qos")), retain }];
    });
  }

  async close(): Promise<void> {}
}

interface EventBody {
  readonly topic: string;
  readonly payload?: string;
  readonly payloadBase64?: string;
  readonly qos: number;
  readonly retain: boolean;
}

export class CurlEvents implements Receiver {
  readonly name = "curl -N (server-sent events)";
  readonly child: Child;

  private constructor(child: Child) {
    this.child = child;
  }

  /** Resolves when the stream has begun: its filters are in force then. */
  static async open(scene: Scene, filters: readonly string[], qos: 0 | 1): Promise<CurlEvents> {
    const query = new URLSearchParams({ qos: String(qos) });
    for (const filter of filters) query.append("filter", filter);
    const url = webUrl(scene, "http", "http", `/v1/subscribe?${query.toString()}`);
    const events = new CurlEvents(new Child("curl", [...options(scene), "-N", url]));
    await events.child.untilOrStop("the event start", () => events.named("start"));
    return events;
  }

  /** The data of the first whole event of this name; null: there is none. */
  named(name: string): string | null {
    const event = this.#events().find((one) => fieldOf(one, "event") === name);
    return event === undefined ? null : fieldOf(event, "data");
  }

  async received(topic: string, count: number): Promise<readonly Received[]> {
    return this.child.until(`${count} × ${topic}`, () => {
      const found = this.all().filter((one) => one.topic === topic);
      return found.length >= count ? found : null;
    });
  }

  all(): Received[] {
    return (
      this.#events()
        // An event without a name is a message; without data, a comment.
        .filter((event) => fieldOf(event, "event") === null && fieldOf(event, "data") !== null)
        .map((event) => {
          const { topic, payload, payloadBase64, qos, retain } = JSON.parse(fieldOf(event, "data")!) as EventBody;
          const bytes = payload === undefined ? Buffer.from(payloadBase64!, "base64") : Buffer.from(payload);
          return { topic, payload: bytes, qos, retain };
        })
    );
  }

  #events(): string[] {
    return this.child.text.split("\n\n").slice(0, -1);
  }

  async close(): Promise<void> {
    await this.child.stop();
  }
}

/** A field of an event, on one line as they are sent here; null: it has none of this name. */
function fieldOf(event: string, name: string): string | null {
  const line = event.split("\n").find((one) => one.startsWith(`${name}: `));
  return line === undefined ? null : line.slice(name.length + 2);
}
