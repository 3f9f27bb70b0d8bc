// Whether an SM2 signature is right. node:crypto verifies SM2 with an empty user id only and takes no ready digest, so the
// curve is done here, in whole numbers; only public values go in, so it need not hide how long it takes (a few
// milliseconds). The hash is SM3, by node:crypto.
//
// The standard for vehicles says "SM2" and no more. GM/T 0009 gives the user id that everybody uses where none is
// agreed on, "1234567812345678", and the key is taken as its two coordinates, with or without the byte 04 in front.

import { createHash, getHashes } from "node:crypto";
import type { Signed } from "gbt32960-parser";

const P = 0xfffffffe_ffffffff_ffffffff_ffffffff_ffffffff_00000000_ffffffff_ffffffffn;
const A = P - 3n;
const B = 0x28e9fa9e_9d9f5e34_4d5a9e4b_cf6509a7_f39789f5_15ab8f92_ddbcbd41_4d940e93n;
const ORDER = 0xfffffffe_ffffffff_ffffffff_ffffffff_7203df6b_21c6052b_53bbf409_39d54123n;
const G: Point = {
  x: 0x32c4ae2c_1f198119_5f990446_6a39c994_8fe30bbf_f2660be1_715a4589_334c74c7n,
  y: 0xbc3736a2_f4f6779c_59bdcee3_6b692153_d0a9877c_c62a4740_02df32e5_2139f0a0n,
  z: 1n,
};
const COORDINATE_BYTES = 32;
const SM2 = 1;

export const DEFAULT_USER_ID = "1234567812345678";

/** Jacobian: the point (x / z², y / z³); z = 0 is the point at infinity. */
interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
}

/**
 * `valid`: right by one of the two readings of what is covered, `reading` says which. `undetermined`: the standard does
 * not say how this is to be verified (RSA, ECC), the key has another form, or this process has no SM3.
 */
export type SignatureCheck =
  | { readonly result: "valid"; readonly reading: "without_type" | "with_type" }
  | { readonly result: "invalid" }
  | { readonly result: "undetermined" };

/** `publicKey`: as the vehicle gave it at its activation. */
export function checkSignature(signed: Signed, publicKey: Uint8Array, userId = DEFAULT_USER_ID): SignatureCheck {
  const key = pointOf(publicKey);
  if (signed.algorithm !== SM2 || key === null || !getHashes().includes("sm3")) return { result: "undetermined" };
  if (verifySm2(signed.bytes, signed.r, signed.s, key, userId)) return { result: "valid", reading: "without_type" };
  if (signed.bytesWithType !== null && verifySm2(signed.bytesWithType, signed.r, signed.s, key, userId)) {
    return { result: "valid", reading: "with_type" };
  }
  return { result: "invalid" };
}

/** GB/T 32918.2, 7.1. */
function verifySm2(message: Uint8Array, rBytes: Uint8Array, sBytes: Uint8Array, key: Point, userId: string): boolean {
  if (rBytes.length > COORDINATE_BYTES || sBytes.length > COORDINATE_BYTES) return false;
  const r = integer(rBytes);
  const s = integer(sBytes);
  if (r < 1n || r >= ORDER || s < 1n || s >= ORDER) return false;
  const t = (r + s) % ORDER;
  if (t === 0n) return false;
  const hash = createHash("sm3").update(identityOf(key, userId)).update(message).digest();
  const point = sumOfProducts(s, G, t, key);
  if (point.z === 0n) return false;
  return (integer(hash) + affineX(point)) % ORDER === r;
}

function affineX(point: Point): bigint {
  const inverse = invert(point.z);
  return modulo(point.x * inverse * inverse);
}

/** Z: the user id's length in bits, the id, the curve, the key; hashed. GB/T 32918.2, 5.5. */
function identityOf(key: Point, userId: string): Uint8Array {
  const id = new TextEncoder().encode(userId);
  const bits = id.length * 8;
  const hash = createHash("sm3")
    .update(Uint8Array.of(bits >> 8, bits))
    .update(id);
  for (const value of [A, B, G.x, G.y, key.x, key.y]) hash.update(value.toString(16).padStart(64, "0"), "hex");
  return hash.digest();
}

/** null: not two coordinates of a point of the curve. */
function pointOf(bytes: Uint8Array): Point | null {
  const isPrefixed = bytes.length === 2 * COORDINATE_BYTES + 1 && bytes[0] === 0x04;
  if (!isPrefixed && bytes.length !== 2 * COORDINATE_BYTES) return null;
  const at = isPrefixed ? 1 : 0;
  const x = integer(bytes.subarray(at, at + COORDINATE_BYTES));
  const y = integer(bytes.subarray(at + COORDINATE_BYTES));
  if (x >= P || y >= P) return null;
  return modulo(y * y - (x * x * x + A * x + B)) === 0n ? { x, y, z: 1n } : null;
}

function integer(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function modulo(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

/** Extended Euclid; `value` is not 0 modulo P. */
function invert(value: bigint): bigint {
  let [r0, r1, s0, s1] = [modulo(value), P, 1n, 0n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [s0, s1] = [s1, s0 - quotient * s1];
  }
  return modulo(s0);
}

/** a·p + b·q, both at once: one doubling a bit. */
function sumOfProducts(a: bigint, p: Point, b: bigint, q: Point): Point {
  const both = add(p, q);
  let sum: Point = { x: 1n, y: 1n, z: 0n };
  for (let bit = 255n; bit >= 0n; bit--) {
    sum = double(sum);
    const inA = ((a >> bit) & 1n) === 1n;
    const inB = ((b >> bit) & 1n) === 1n;
    if (inA && inB) sum = add(sum, both);
    else if (inA) sum = add(sum, p);
    else if (inB) sum = add(sum, q);
  }
  return sum;
}

function double({ x, y, z }: Point): Point {
  if (z === 0n || y === 0n) return { x: 1n, y: 1n, z: 0n };
  const yy = modulo(y * y);
  const s = modulo(4n * x * yy);
  const zz = modulo(z * z);
  const m = modulo(3n * (x - zz) * (x + zz));
  const nextX = modulo(m * m - 2n * s);
  return { x: nextX, y: modulo(m * (s - nextX) - 8n * yy * yy), z: modulo(2n * y * z) };
}

function add(p: Point, q: Point): Point {
  if (p.z === 0n) return q;
  if (q.z === 0n) return p;
  const pz = modulo(p.z * p.z);
  const qz = modulo(q.z * q.z);
  const u1 = modulo(p.x * qz);
  const u2 = modulo(q.x * pz);
  const s1 = modulo(p.y * qz * q.z);
  const s2 = modulo(q.y * pz * p.z);
  if (u1 === u2) return s1 === s2 ? double(p) : { x: 1n, y: 1n, z: 0n };
  const h = modulo(u2 - u1);
  const r = modulo(s2 - s1);
  const hh = modulo(h * h);
  const hhh = modulo(hh * h);
  const v = modulo(u1 * hh);
  const x = modulo(r * r - hhh - 2n * v);
  return { x, y: modulo(r * (v - x) - s1 * hhh), z: modulo(h * p.z * q.z) };
}
