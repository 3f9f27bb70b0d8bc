// The public surface: frames (decoder, encoder), data units (layouts by table, raw and native), answers, ciphers, faults.

export { Gbt32960Decoder } from "./decoder.ts";
export { Gbt32960Encoder, isId } from "./encoder.ts";
export {
  Command,
  DATA_MAX_BYTES,
  Encryption,
  FRAME_MAX_BYTES,
  GBT32960_VERSIONS,
  Gbt32960Frame,
  HEADER_BYTES,
  ID_BYTES,
  Response,
  canonicalVin,
} from "./frame.ts";
export type { Gbt32960Version } from "./frame.ts";
export { BodyFault, BodyFaultCode, DecodeFault, FrameFaultCode } from "./faults.ts";
export { Gbt32960Bodies, Gbt32960Body } from "./bodies.ts";
export { commands } from "./commands.ts";
export type { CommandLayouts, CommandRow } from "./commands.ts";
export { answerTo } from "./answer.ts";
export type { AnswerForm } from "./answer.ts";
export { decryptedFrame, encryptedFrame } from "./cipher.ts";
export type { DataCipher } from "./cipher.ts";
export { signedPart } from "./signature.ts";
export type { Signed } from "./signature.ts";
export { customBytes, unitRows } from "./body/02-report.ts";
export type { UnitRow } from "./body/unit.ts";
export { parameterRows } from "./body/80-parameters.ts";
export type { ParameterRow } from "./body/80-parameters.ts";
export { Control } from "./body/82-control.ts";
export { Layout } from "./layout.ts";
export { Quantity } from "./quantity.ts";
export { Gb18030 } from "./text.ts";
export { TIME_BYTES, beijingTime, isRawTime, isoTime, timeBytes } from "./time.ts";
export type { RawTime } from "./time.ts";
export { parseHex, toHex } from "./hex.ts";
export type { Field, NativeRecord, NativeValue, RawRecord, RawValue } from "./field.ts";
