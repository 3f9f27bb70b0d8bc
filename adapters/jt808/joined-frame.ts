// A message that came in fragments, whole: it is handled as any other, but the terminal waits for the answer to the
// fragment that made it whole, and its set wants to hear what became of it.

import { Jt808Frame } from "jt808-parser";
import type { FragmentSet } from "jt808-parser";

export class JoinedFrame extends Jt808Frame {
  readonly set: FragmentSet;
  /** Of the fragment that made it whole. */
  readonly answerSerial: number;

  constructor(set: FragmentSet, answerSerial: number) {
    const { id, attributes, form, protocolVersion, phone, serial, body } = set.joined();
    super(id, attributes, form, protocolVersion, phone, serial, 0, 0, body);
    this.set = set;
    this.answerSerial = answerSerial;
  }

  /** Its body is its own already. */
  override detached(): JoinedFrame {
    return this;
  }
}

/** The serial that the answer to a frame names. */
export function answerSerialOf(frame: Jt808Frame): number {
  return frame instanceof JoinedFrame ? frame.answerSerial : frame.serial;
}
