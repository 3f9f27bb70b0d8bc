// Builds the packets of a client byte by byte, right or wrong, without any of the code under test.

export interface ConnectFields {
  readonly name?: string;
  readonly level?: number;
  readonly client?: string;
  readonly clean?: boolean;
  readonly keepAlive?: number;
  readonly user?: string;
  readonly password?: string;
  readonly will?: {
    readonly topic: string;
    readonly payload: string;
    readonly qos?: number;
    readonly retain?: boolean;
    readonly properties?: Uint8Array;
  };
  readonly properties?: Uint8Array;
  /** The connect flags, when they are to be something else than what the fields say. */
  readonly flags?: number;
}

const encoder = new TextEncoder();

export function bytes(...parts: readonly (number | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])));
}

export function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.replaceAll(/\s/g, ""), "hex"));
}

export function u16(value: number): Uint8Array {
  return bytes((value >> 8) & 0xff, value & 0xff);
}

export function u32(value: number): Uint8Array {
  return bytes(u16(Math.floor(value / 65_536)), u16(value % 65_536));
}

export function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  do {
    out.push(rest > 127 ? (rest & 127) | 128 : rest);
    rest >>>= 7;
  } while (rest > 0);
  return Uint8Array.from(out);
}

export function binary(content: Uint8Array): Uint8Array {
  return bytes(u16(content.length), content);
}

export function text(content: string): Uint8Array {
  return binary(encoder.encode(content));
}

/** A property block, its length first. */
export function block(...properties: readonly Uint8Array[]): Uint8Array {
  const content = bytes(...properties);
  return bytes(varint(content.length), content);
}

export const NO_PROPERTIES: Uint8Array = block();

export function packet(first: number, ...parts: readonly (number | Uint8Array)[]): Uint8Array {
  const content = bytes(...parts);
  return bytes(first, varint(content.length), content);
}

export function connect(fields: ConnectFields = {}): Uint8Array {
  const { level = 4, client = "", clean = true, keepAlive = 0, user, password, will } = fields;
  const flags =
    (clean ? 0x02 : 0) |
    (will === undefined ? 0 : 0x04 | ((will.qos ?? 0) << 3) | (will.retain ? 0x20 : 0)) |
    (password === undefined ? 0 : 0x40) |
    (user === undefined ? 0 : 0x80);
  const isV5 = level === 5;
  return packet(
    0x10,
    text(fields.name ?? (level === 3 ? "MQIsdp" : "MQTT")),
    level,
    fields.flags ?? flags,
    u16(keepAlive),
    isV5 ? (fields.properties ?? NO_PROPERTIES) : bytes(),
    text(client),
    will === undefined
      ? bytes()
      : bytes(isV5 ? (will.properties ?? NO_PROPERTIES) : bytes(), text(will.topic), text(will.payload)),
    user === undefined ? bytes() : text(user),
    password === undefined ? bytes() : text(password),
  );
}

export interface PublishFields {
  readonly topic: string | Uint8Array;
  readonly payload?: string | Uint8Array;
  readonly qos?: number;
  readonly id?: number;
  readonly retain?: boolean;
  readonly dup?: boolean;
  /** MQTT 5: the property block; absent in 3.x. */
  readonly properties?: Uint8Array;
}

export function publish(fields: PublishFields): Uint8Array {
  const { topic, payload = "", qos = 0, id = 1, retain = false, dup = false, properties } = fields;
  return packet(
    0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0),
    typeof topic === "string" ? text(topic) : binary(topic),
    qos === 0 ? bytes() : u16(id),
    properties ?? bytes(),
    typeof payload === "string" ? encoder.encode(payload) : payload,
  );
}

/** As MQTT 5 has it: an empty property block unless there is another. */
export function publish5(fields: PublishFields): Uint8Array {
  return publish({ properties: NO_PROPERTIES, ...fields });
}

export type FilterAndOptions = readonly [filter: string, options: number];

export function subscribe(
  level: number,
  id: number,
  filters: readonly FilterAndOptions[],
  properties = NO_PROPERTIES,
): Uint8Array {
  const list = filters.map(([filter, options]) => bytes(text(filter), options));
  return packet(0x82, u16(id), level === 5 ? properties : bytes(), ...list);
}

export function unsubscribe(level: number, id: number, filters: readonly string[]): Uint8Array {
  return packet(0xa2, u16(id), level === 5 ? NO_PROPERTIES : bytes(), ...filters.map(text));
}

export function puback(id: number): Uint8Array {
  return packet(0x40, u16(id));
}
export function pubrec(id: number): Uint8Array {
  return packet(0x50, u16(id));
}
export function pubrel(id: number): Uint8Array {
  return packet(0x62, u16(id));
}
export function pubcomp(id: number): Uint8Array {
  return packet(0x70, u16(id));
}

export const PINGREQ: Uint8Array = packet(0xc0);
export const DISCONNECT: Uint8Array = packet(0xe0);

/** Properties of MQTT 5 as they stand in a block. */
export const property = {
  payloadFormat: (value: number) => bytes(0x01, value),
  messageExpiry: (seconds: number) => bytes(0x02, u32(seconds)),
  contentType: (value: string) => bytes(0x03, text(value)),
  responseTopic: (value: string) => bytes(0x08, text(value)),
  correlation: (value: string) => bytes(0x09, text(value)),
  subscriptionIdentifier: (value: number) => bytes(0x0b, varint(value)),
  sessionExpiry: (seconds: number) => bytes(0x11, u32(seconds)),
  authenticationMethod: (value: string) => bytes(0x15, text(value)),
  authenticationData: (value: string) => bytes(0x16, text(value)),
  requestProblem: (value: number) => bytes(0x17, value),
  willDelay: (seconds: number) => bytes(0x18, u32(seconds)),
  requestResponse: (value: number) => bytes(0x19, value),
  reasonString: (value: string) => bytes(0x1f, text(value)),
  receiveMaximum: (value: number) => bytes(0x21, u16(value)),
  topicAliasMaximum: (value: number) => bytes(0x22, u16(value)),
  topicAlias: (value: number) => bytes(0x23, u16(value)),
  user: (name: string, value: string) => bytes(0x26, text(name), text(value)),
  maximumPacketSize: (value: number) => bytes(0x27, u32(value)),
} as const;
