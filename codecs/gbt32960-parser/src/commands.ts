// A table. All commands whose data units are laid out here, in both versions, with the forms that an answer may have. A
// command without a row is no error: its data unit stays bytes.

import { login2016, login2025, logout, platformLogin2016, platformLogin2025 } from "./body/01-login.ts";
import { report2016, report2025 } from "./body/02-report.ts";
import { nothing, timeOnly } from "./body/07-heartbeat.ts";
import { activation, activationResult, keyExchange } from "./body/09-activation.ts";
import { parametersLayout, queryLayout } from "./body/80-parameters.ts";
import { control } from "./body/82-control.ts";
import { Command } from "./frame.ts";
import type { Gbt32960Version } from "./frame.ts";
import type { Layout } from "./layout.ts";

export interface CommandRow {
  readonly command: number;
  /** Lower-case name, as topics and logs show it. */
  readonly name: string;
  /** up: from the vehicle or the platform behind it; down: to it; both: either side may begin. */
  readonly direction: "up" | "down" | "both";
  /** null: the version does not have the command. */
  readonly versions: Readonly<Record<Gbt32960Version, CommandLayouts | null>>;
}

export interface CommandLayouts {
  readonly command: Layout;
  /** What is written first; the others are how some answer: with nothing, or with all that was sent. */
  readonly answers: readonly Layout[];
}

function layouts(command: Layout, ...answers: readonly Layout[]): CommandLayouts {
  return Object.freeze({ command, answers: Object.freeze([...new Set([...answers, nothing, command])]) });
}

function row(
  command: number,
  name: string,
  direction: CommandRow["direction"],
  for2016: CommandLayouts | null,
  for2025: CommandLayouts | null = for2016,
): CommandRow {
  return Object.freeze({ command, name, direction, versions: Object.freeze({ 2016: for2016, 2025: for2025 }) });
}

const logoutLayouts = layouts(logout, timeOnly);

export const commands: readonly CommandRow[] = Object.freeze([
  row(Command.VehicleLogin, "login", "up", layouts(login2016, timeOnly), layouts(login2025, timeOnly)),
  row(Command.Report, "report", "up", layouts(report2016, timeOnly), layouts(report2025, timeOnly)),
  row(Command.Reissue, "reissue", "up", layouts(report2016, timeOnly), layouts(report2025, timeOnly)),
  row(Command.VehicleLogout, "logout", "up", logoutLayouts),
  row(
    Command.PlatformLogin,
    "platform_login",
    "up",
    layouts(platformLogin2016, timeOnly),
    layouts(platformLogin2025, timeOnly),
  ),
  row(Command.PlatformLogout, "platform_logout", "up", logoutLayouts),
  row(Command.Heartbeat, "heartbeat", "up", layouts(nothing, nothing)),
  row(Command.TimeSync, "time_sync", "up", layouts(nothing, timeOnly)),
  row(Command.Activation, "activation", "up", null, layouts(activation, timeOnly)),
  row(Command.ActivationResult, "activation_result", "down", null, layouts(activationResult, timeOnly)),
  row(Command.KeyExchange, "key_exchange", "both", null, layouts(keyExchange, timeOnly)),
  row(
    Command.Query,
    "query",
    "down",
    layouts(queryLayout(2016), parametersLayout(2016, "answer")),
    layouts(queryLayout(2025), parametersLayout(2025, "answer")),
  ),
  row(
    Command.Set,
    "set",
    "down",
    layouts(parametersLayout(2016, "set"), timeOnly),
    layouts(parametersLayout(2025, "set"), timeOnly),
  ),
  row(Command.Control, "control", "down", layouts(control, timeOnly)),
]);
