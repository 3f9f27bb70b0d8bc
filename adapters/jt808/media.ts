// What a medium (0x0801) is: its head, where it was taken, its bytes; and its JSON. Pure.

import { formatId, plainFrame, toHex } from "jt808-parser";
import type { BodyVersion, Jt808Bodies, Jt808Frame, NativeRecord } from "jt808-parser";
import { MessageId } from "./mapping.ts";
import type { UplinkContext } from "./profile.ts";

const HEAD_BYTES = 8;
const POSITION_BYTES = 28;
/** 2011 has total and number of its own parts instead of a position. */
const PARTS_BYTES = 8;

const types: readonly string[] = Object.freeze(["image", "audio", "video"]);
const formats: readonly string[] = Object.freeze(["jpeg", "tiff", "mp3", "wav", "wmv"]);
const extensions: readonly string[] = Object.freeze(["jpg", "tif", "mp3", "wav", "wmv"]);

export class Media {
  readonly id: number;
  readonly type: number;
  readonly format: number;
  readonly event: number;
  readonly channel: number;
  /** 28 bytes; null in 2011. */
  readonly position: Uint8Array | null;
  /** 2011: which part of the medium this is; null otherwise. */
  readonly part: { readonly total: number; readonly number: number } | null;
  readonly bytes: Uint8Array;

  private constructor(body: Uint8Array, isOld: boolean) {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    this.id = view.getUint32(0);
    this.type = view.getUint8(4);
    this.format = view.getUint8(5);
    this.event = view.getUint8(6);
    this.channel = view.getUint8(7);
    this.position = isOld ? null : body.subarray(HEAD_BYTES, HEAD_BYTES + POSITION_BYTES);
    this.part = isOld ? { total: view.getUint32(8), number: view.getUint32(12) } : null;
    this.bytes = body.subarray(HEAD_BYTES + (isOld ? PARTS_BYTES : POSITION_BYTES));
  }

  /** null: the body ends before it. Views of the body. */
  static in(body: Uint8Array, version: BodyVersion): Media | null {
    const isOld = version === 2011;
    return body.length < HEAD_BYTES + (isOld ? PARTS_BYTES : POSITION_BYTES) ? null : new Media(body, isOld);
  }

  /** Without a path. */
  get fileName(): string {
    const part = this.part === null ? "" : `-${this.part.number}`;
    return `${this.id}-channel${this.channel}${part}.${extensions[this.format] ?? `format${this.format}`}`;
  }
}

/** Where the bytes are: in the message as base64, or in a file. */
export type MediaPlace = { readonly data: string } | { readonly file: string };

export function mediaJson(
  media: Media,
  frame: Jt808Frame,
  context: UplinkContext,
  bodies: Jt808Bodies,
  place: MediaPlace,
): string {
  const body: NativeRecord = {
    id: media.id,
    type: types[media.type] ?? media.type,
    format: formats[media.format] ?? media.format,
    event: media.event,
    channel: media.channel,
  };
  if (media.position !== null) body["location"] = positionOf(media.position, frame, context.version, bodies);
  if (media.part !== null) body["part"] = { ...media.part };
  return JSON.stringify({
    id: formatId(frame.id),
    message: mediaName(bodies),
    device: context.device,
    phone: frame.phone,
    serial: frame.serial,
    version: String(context.version),
    receivedAt: new Date(context.receivedAt).toISOString(),
    body: { ...body, bytes: media.bytes.length, ...place },
  });
}

export function mediaName(bodies: Jt808Bodies): string {
  return bodies.row(MessageId.Media)?.name ?? "multimedia";
}

function positionOf(position: Uint8Array, frame: Jt808Frame, version: BodyVersion, bodies: Jt808Bodies): NativeRecord {
  const { form, protocolVersion, phone, serial } = frame;
  const report = plainFrame(MessageId.Location, form, protocolVersion, phone, serial, position);
  return bodies.read(report, [version])?.toNative().fields ?? { undecoded: toHex(position) };
}
