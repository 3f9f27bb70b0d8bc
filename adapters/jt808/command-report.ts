// What the application is told of its commands, on their way from queue to answer. Pure.

import { formatId } from "jt808-parser";
import { CommandState, commandStateNames } from "../../core/index.ts";
import { resultName } from "./answer-kinds.ts";
import type { DownMessage } from "./down-message.ts";
import type { CommandProblem } from "./profile.ts";

/** Name of the message, for its topic. */
export const REPORT_MESSAGE = "command";

/** Of a command that could not be sent at all. */
export function problemJson(problem: CommandProblem, device: string, now: number): string {
  return JSON.stringify({
    device,
    ...(problem.id === null ? {} : { command: formatId(problem.id) }),
    ...(problem.reference === null ? {} : { reference: problem.reference }),
    state: commandStateNames[CommandState.Failed],
    code: problem.code,
    ...(problem.field === "" ? {} : { field: problem.field }),
    at: new Date(now).toISOString(),
  });
}

/** `code` says why it failed; "" otherwise. */
export function stateJson(
  down: DownMessage,
  state: CommandState,
  attempts: number,
  code: string,
  device: string,
  now: number,
): string {
  const { id, reference, frames, result } = down;
  return JSON.stringify({
    device,
    command: formatId(id),
    ...(reference === null ? {} : { reference }),
    state: commandStateNames[state],
    ...(frames.length === 0 ? {} : { serial: frames[0]!.serial, attempts }),
    ...(frames.length > 1 ? { fragments: frames.length } : {}),
    ...(code === "" ? {} : { code }),
    ...(result === null ? {} : { result: resultName(result) }),
    at: new Date(now).toISOString(),
  });
}
