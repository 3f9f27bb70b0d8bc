// One row of the message table: which id, under which name, in which direction, and its body in each version.

import type { RecordType } from "./layout.ts";

export type BodyVersion = 2011 | 2013 | 2019;
export const BODY_VERSIONS: readonly BodyVersion[] = Object.freeze([2011, 2013, 2019] as const);

export interface MessageRow {
  readonly id: number;
  /** Lower-case name, as topics and logs show it. */
  readonly name: string;
  /** up: terminal to platform. */
  readonly direction: "up" | "down";
  /** null: the version does not have the message. */
  readonly layouts: Readonly<Record<BodyVersion, RecordType | null>>;
}

/** A message whose body is the same in every version that has it. */
export function message(
  id: number,
  direction: "up" | "down",
  name: string,
  layout: RecordType,
  versions: readonly BodyVersion[] = BODY_VERSIONS,
): MessageRow {
  const of = (version: BodyVersion): RecordType | null => (versions.includes(version) ? layout : null);
  return Object.freeze({
    id,
    name,
    direction,
    layouts: Object.freeze({ 2011: of(2011), 2013: of(2013), 2019: of(2019) }),
  });
}

/** A message whose body differs between versions. */
export function versionedMessage(
  id: number,
  direction: "up" | "down",
  name: string,
  layouts: Readonly<Record<BodyVersion, RecordType | null>>,
): MessageRow {
  return Object.freeze({ id, name, direction, layouts: Object.freeze(layouts) });
}
