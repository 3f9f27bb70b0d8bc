// Encrypted bodies. Bits 10…12 of the attributes name a kind; the standard knows RSA (1) and leaves the rest, and also
// RSA's padding and blocks, to whoever agrees on them. So a cipher is a hook: it is found by terminal and kind, and works
// on the body of one frame at a time (every fragment has bits of its own). Without one a body stays opaque.

import { Attribute, BODY_MAX_BYTES, Jt808Frame } from "./frame.ts";

/** Kinds by the standard. */
export const Encryption = { None: 0, Rsa: 1 } as const;

/** Must not throw. null: these bytes cannot be understood, or said, with its key. */
export interface BodyCipher {
  decrypt(body: Uint8Array): Uint8Array | null;
  /** The result must fit a frame: at most 1,023 bytes. */
  encrypt(body: Uint8Array): Uint8Array | null;
}

/** `kind`: 1…7. null: there is none for this terminal. */
export type CipherOf = (phone: string, kind: number) => BodyCipher | null;

/** The frame with its body in clear and no encryption bits; null: it stays opaque. A frame in clear comes back as it is. */
export function decrypted(frame: Jt808Frame, cipherOf: CipherOf): Jt808Frame | null {
  if (frame.encryption === Encryption.None) return frame;
  const body = cipherOf(frame.phone, frame.encryption)?.decrypt(frame.body) ?? null;
  return body === null ? null : withBody(frame, Encryption.None, body);
}

/** The frame with its body encrypted and the bits set; null: that cannot be done, or does not fit a frame. */
export function encrypted(frame: Jt808Frame, kind: number, cipherOf: CipherOf): Jt808Frame | null {
  const body = cipherOf(frame.phone, kind)?.encrypt(frame.body) ?? null;
  return body === null || body.length > BODY_MAX_BYTES ? null : withBody(frame, kind, body);
}

function withBody(frame: Jt808Frame, kind: number, body: Uint8Array): Jt808Frame {
  const attributes = (frame.attributes & ~Attribute.EncryptionMask) | (kind << Attribute.EncryptionShift);
  const { id, form, protocolVersion, phone, serial, fragmentTotal, fragmentNumber } = frame;
  return new Jt808Frame(id, attributes, form, protocolVersion, phone, serial, fragmentTotal, fragmentNumber, body);
}
