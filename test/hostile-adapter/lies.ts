// Messages that are not what they seem: what TypeScript forbids and JavaScript allows. The core must judge what is
// routed, and route what it has judged.

import { Message, type QoS, type Session } from "../../core/index.ts";
import { text } from "./world.ts";

export interface Lie {
  readonly what: string;
  /** A message that says `shown` when it is looked at first, and `real` afterwards. */
  readonly make: (session: Session, shown: string, real: string) => Message;
}

/** Answers `first` for so many looks, then `second`. */
function turning<T>(first: T, second: T, looks: number): () => T {
  let asked = 0;
  return () => (asked++ < looks ? first : second);
}

const LOOKS = [1, 2, 3, 4, 5, 6] as const;

export const TOPIC_LIES: readonly Lie[] = LOOKS.flatMap((looks): Lie[] => [
  {
    what: `a subclass whose topic changes after ${looks} looks`,
    make(session, shown, real) {
      const look = turning(shown, real, looks);
      class Liar extends Message {
        override get topic(): string {
          return look();
        }
      }
      return new Liar(session.origin, shown, text("lie"), 0, 3, 0, true, 0, null, null, 0, 0);
    },
  },
  {
    what: `a message whose own property hides its topic after ${looks} looks`,
    make(session, shown, real) {
      const message = Message.of(session.origin, shown, text("lie"), 0, true);
      Object.defineProperty(message, "topic", { get: turning(shown, real, looks) });
      return message;
    },
  },
  {
    what: `a proxy of a message whose topic changes after ${looks} looks`,
    make(session, shown, real) {
      const look = turning(shown, real, looks);
      const message = Message.of(session.origin, shown, text("lie"), 0, true);
      return new Proxy(message, {
        get: (target, name) => (name === "topic" ? look() : Reflect.get(target, name, target)),
      });
    },
  },
  {
    what: `a message whose prototype was changed, with a topic that changes after ${looks} looks`,
    make(session, shown, real) {
      const look = turning(shown, real, looks);
      const message = Message.of(session.origin, shown, text("lie"), 0, true);
      const prototype = Object.create(Message.prototype, { topic: { get: look } });
      return Object.setPrototypeOf(message, prototype);
    },
  },
  {
    what: `a topic that is an object and changes after ${looks} looks`,
    make: (session, shown, real) => Message.of(session.origin, shiftingText(shown, real, looks), text("lie"), 0, true),
  },
]);

/** Something that behaves like one text and then like another. */
export function shiftingText(shown: string, real: string, looks: number): string {
  const look = turning(shown, real, looks);
  const shifting: unknown = new Proxy(Object.create(String.prototype), {
    get(_, name) {
      const current = look();
      const value: unknown = Reflect.get(Object(current), name, current);
      return typeof value === "function" ? value.bind(current) : value;
    },
  });
  return shifting as string;
}

export interface Shape {
  readonly what: string;
  readonly make: (session: Session) => Message;
}

const plain = (session: Session, source: unknown, start: number, end: number, qos: unknown = 0): Message =>
  new Message(session.origin, "open/m/x", source as Uint8Array, start, end, qos as QoS, false, 0, null, null, 0, 0);

/** Messages whose parts are not what their types say. */
export const MISSHAPEN: readonly Shape[] = [
  { what: "a payload that ends before it begins", make: (session) => plain(session, text("abc"), 1_000_000, 0) },
  { what: "a payload of NaN bytes", make: (session) => plain(session, text("abc"), 0, Number.NaN) },
  { what: "a payload that begins before its buffer", make: (session) => plain(session, text("abc"), -3, 0) },
  { what: "a payload that ends behind its buffer", make: (session) => plain(session, text("abc"), 0, 4) },
  { what: "a payload with half a byte", make: (session) => plain(session, text("abc"), 0, 1.5) },
  { what: "a payload that is an array", make: (session) => plain(session, [1, 2, 3], 0, 3) },
  { what: "a payload that is nothing", make: (session) => plain(session, null, 0, 0) },
  { what: "a payload that is an object", make: (session) => plain(session, { length: 3, buffer: {} }, 0, 3) },
  { what: "QoS 3", make: (session) => plain(session, text("abc"), 0, 3, 3) },
  { what: "QoS 0.5", make: (session) => plain(session, text("abc"), 0, 3, 0.5) },
  { what: "QoS -1", make: (session) => plain(session, text("abc"), 0, 3, -1) },
  { what: "QoS 'length'", make: (session) => plain(session, text("abc"), 0, 3, "length") },
  { what: "no origin", make: () => Message.of(undefined!, "open/m/x", text("abc")) },
];
