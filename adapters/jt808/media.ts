// What a medium (0x0801) is beside its bytes, and its JSON: the bytes as base64, or in a file. Pure.

import { Jt808Body, formatId } from "jt808-parser";
import type { Jt808Frame } from "jt808-parser";
import type { UplinkContext } from "./profile.ts";

const NOTHING = new Uint8Array(0);
const extensions: readonly string[] = Object.freeze(["jpg", "tif", "mp3", "wav", "wmv"]);

export class Media {
  /** Name of the message. */
  readonly message: string;
  /** A view of the body. */
  readonly bytes: Uint8Array;
  readonly #body: Jt808Body;

  private constructor(body: Jt808Body, bytes: Uint8Array) {
    this.message = body.row.name;
    this.bytes = bytes;
    this.#body = body;
  }

  /** null: the body ends before it. */
  static in(body: Jt808Body | null): Media | null {
    const bytes = body?.fields["multimedia"];
    return body === null || !(bytes instanceof Uint8Array) ? null : new Media(body, bytes);
  }

  /** Without a path. */
  get fileName(): string {
    // 2011 cuts a medium into several messages.
    const { id, format, channel, number } = this.#body.fields;
    const part = typeof number === "number" ? `-part${number}` : "";
    const extension = typeof format === "number" ? (extensions[format] ?? `format${format}`) : "bin";
    return `${Number(id)}-channel${Number(channel)}${part}.${extension}`;
  }

  json(frame: Jt808Frame, context: UplinkContext, place: MediaPlace): string {
    const { row, version, layout, fields, tail, fault } = this.#body;
    const head = new Jt808Body(row, version, layout, { ...fields, multimedia: NOTHING }, tail, fault).toNative().fields;
    delete head["multimedia"];
    return JSON.stringify({
      id: formatId(frame.id),
      message: this.message,
      device: context.device,
      phone: frame.phone,
      serial: frame.serial,
      version: String(version),
      receivedAt: new Date(context.receivedAt).toISOString(),
      body: { ...head, bytes: this.bytes.length, ...place },
    });
  }
}

/** Where the bytes are: in the message as base64, or in a file below the directory. */
export type MediaPlace = { readonly data: string } | { readonly file: string };
