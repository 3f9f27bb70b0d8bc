// The public surface: frames (decoder, encoder), bodies (layouts by table, raw and native), faults.

export { STRICT, Jt808Decoder } from "./decoder.ts";
export type { Leniency } from "./decoder.ts";
export { Jt808Encoder } from "./encoder.ts";
export {
  Attribute,
  BODY_MAX_BYTES,
  FRAME_MAX_BYTES,
  HeaderForm,
  Jt808Frame,
  canonicalPhone,
  plainFrame,
} from "./frame.ts";
export { AttachmentStream, BLOCK_HEADER_BYTES, BlockPiece } from "./attachment-stream.ts";
export { framesInside, gzipIn } from "./compressed.ts";
export { Encryption, decrypted, encrypted } from "./encryption.ts";
export type { BodyCipher, CipherOf } from "./encryption.ts";
export type { FragmentSet } from "./fragment-set.ts";
export { Placement, Reassembly, ReassemblyBudget } from "./reassembly.ts";
export type { Placed, ReassemblyLimits } from "./reassembly.ts";
export { FRAGMENTS_MAX, framesOfBody, splitBody } from "./fragmenter.ts";
export { BodyFault, BodyFaultCode, DecodeFault, FrameFaultCode } from "./faults.ts";
export { GENERAL_ANSWER_BYTES, putGeneralAnswer } from "./body/0001-general-answer.ts";
export { itemData } from "./body/0200-items.ts";
export { Jt808Bodies, Jt808Body } from "./bodies.ts";
export { messages } from "./messages.ts";
export { BODY_VERSIONS } from "./message.ts";
export type { BodyVersion, MessageRow } from "./message.ts";
export { shownVersion, versionsFor } from "./version.ts";
export { Gb18030 } from "./text.ts";
export type { TextCoder } from "./text.ts";
export { isoTime, timeDigits } from "./time.ts";
export { formatId, parseHex, toHex } from "./native.ts";
export type { NativeRecord, NativeValue, RawRecord, RawValue } from "./field.ts";
