// Encrypted data units. The codec knows where a cipher comes in (before the BCC is made, behind its check), and that the
// length field then counts the encrypted bytes; the ciphers themselves are the owner's, because the standard names them
// without saying mode, padding, or the form of a key.

import { BodyFault, BodyFaultCode } from "./faults.ts";
import { DATA_MAX_BYTES, Encryption } from "./frame.ts";
import type { Gbt32960Frame } from "./frame.ts";

/** The owner's ciphers. null: not possible (no key, wrong key, unknown method). Must not throw. */
export interface DataCipher {
  /** `encryption`: 2 RSA, 3 AES-128, 4 SM2, 5 SM4. `vin`: whose key it is. */
  decrypt(data: Uint8Array, encryption: number, vin: string): Uint8Array | null;
  encrypt(data: Uint8Array, encryption: number, vin: string): Uint8Array | null;
}

/** The same frame with a plain data unit; frames that are plain come back as they are. */
export function decryptedFrame(frame: Gbt32960Frame, cipher: DataCipher): Gbt32960Frame | BodyFault {
  if (frame.isPlain) return frame;
  const plain = cipher.decrypt(frame.data, frame.encryption, frame.vin);
  return plain === null ? new BodyFault(BodyFaultCode.Cipher, "") : frame.withData(Encryption.None, plain);
}

/** The same frame with its data unit encrypted as `encryption` says. */
export function encryptedFrame(
  frame: Gbt32960Frame,
  encryption: number,
  cipher: DataCipher,
): Gbt32960Frame | BodyFault {
  if (encryption === Encryption.None) return frame;
  const data = cipher.encrypt(frame.data, encryption, frame.vin);
  if (data === null) return new BodyFault(BodyFaultCode.Cipher, "");
  if (data.length > DATA_MAX_BYTES) return new BodyFault(BodyFaultCode.TooLong, "");
  return frame.withData(encryption, data);
}
