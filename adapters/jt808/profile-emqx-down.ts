// The body of a command in the EMQX-compatible JSON, as the bytes of a body. One rule for all messages: its keys are those
// of the raw record; what is bytes there, and what may be left out, stands in the table.

import { BODY_VERSIONS, BodyFault, BodyFaultCode } from "jt808-parser";
import type { BodyVersion, Jt808Bodies, TextCoder } from "jt808-parser";
import { BytesForm, downBytes, textParameters } from "./profile-emqx-tables.ts";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Of an RSA key of 1,024 bits. */
const MODULUS_BYTES = 128;

type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * The bytes of a command's body; or what does not fit. A message that the terminal's version does not have is written
 * as in one that has it. `{ raw }` is any body, in base64.
 */
export function downBody(
  id: number,
  body: JsonRecord,
  bodies: Jt808Bodies,
  version: BodyVersion,
  text: TextCoder,
  maxBytes: number,
): Uint8Array | BodyFault {
  if (body["raw"] !== undefined) {
    const bytes = fromBase64(body["raw"]);
    if (bytes === null) return new BodyFault(BodyFaultCode.FieldType, "raw");
    return bytes.length > maxBytes ? new BodyFault(BodyFaultCode.TooLong, "raw") : bytes;
  }
  const fields = rawFields(id, body, text);
  const layouts = bodies.row(id)?.layouts;
  const known =
    layouts?.[version] != null ? version : (BODY_VERSIONS.findLast((one) => layouts?.[one] != null) ?? version);
  return bodies.write(id, known, fields, undefined, maxBytes);
}

/** What is not understood is handed on as it is: the writer refuses it with the field's name. Lists are one deep. */
function rawFields(id: number, body: JsonRecord, text: TextCoder, isInner = false): JsonRecord {
  const forms = downBytes.get(id) ?? {};
  const raw = (name: string, value: unknown): unknown => {
    if (typeof value === "string")
      return Object.hasOwn(forms, name) ? (bytesOf(value, forms[name]!, text) ?? value) : value;
    if (!Array.isArray(value) || isInner) return value;
    if (name === "params") return value.map(rawParameter);
    return value.map((one: unknown) => (isRecord(one) ? rawFields(id, one, text, true) : one));
  };
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, raw(name, value)]));
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bytesOf(value: string, form: BytesForm, text: TextCoder): Uint8Array | null {
  if (form === BytesForm.Text) return text.encode(value);
  const bytes = fromBase64(value);
  if (form === BytesForm.Base64 || bytes?.length === MODULUS_BYTES) return bytes;
  return text.encode(value);
}

function rawParameter(one: unknown): unknown {
  if (!isRecord(one)) return one;
  const { id, value } = one;
  if (typeof value !== "string" || (typeof id === "number" && textParameters.has(id))) return { id, value };
  return { id, value: fromBase64(value) ?? value };
}

function fromBase64(value: unknown): Uint8Array | null {
  return typeof value === "string" && BASE64.test(value) ? Buffer.from(value, "base64") : null;
}
