// docs/errors.md: every code by which the gateway says that something is not as it should be. Codes and their meaning
// come from the code itself, so that the page cannot say anything else; whose fault they are and the cure from cures.ts.

import { basename, dirname } from "node:path";

import { faultOfRefusal, faultOfVerdict } from "../../adapters/http/faults.ts";
import { closeReasonCode, publishReason, refusalReason, refusalReturn } from "../../adapters/mqtt/reasons.ts";
import { CloseCode, closeCodeOf } from "../../adapters/websocket/faults.ts";
import {
  CloseReason,
  closeReasonNames,
  RefusalReason,
  refusalReasonNames,
  Verdict,
  verdictNames,
} from "../../core/index.ts";
import { ExitCode } from "../../gateway/exit-code.ts";
import { CertificateCode, CloseCause, ListenCode } from "../../net/faults.ts";
import * as cures from "./cures.ts";
import type { Area } from "./cures.ts";
import { countedKeys, documentedTable, sourceFiles, sourceUrl, statedFaults } from "./source.ts";

/** A code before its cure is known. */
interface Told {
  /** As it is written where people meet it. */
  readonly code: string;
  /** By what its area knows it, if that is something else. */
  readonly name?: string;
  readonly means: string;
  /** Cells of the section's own columns. */
  readonly own?: readonly string[];
}

const INTRODUCTION = `# Errors

Every code by which the gateway says that something is not as it should be: in metrics, in logs, in answers to devices, on
the command line. This page is generated from the code (\`npm run docs\`). Codes are stable; texts beside them are for
people and may change.

Whose fault it is: **peer**, the device or program at the other end; **operator**, the configuration or a file that it
names; **environment**, the host, the network or a system behind the gateway; **us**, a defect of the gateway; **nobody**,
it is as it should be.
`;

export async function errorsPage(): Promise<string> {
  const sections = [
    INTRODUCTION,
    section("Exit codes", cures.exitCodes, constants("gateway/exit-code.ts", "ExitCode", ExitCode)),
    section("Ports that cannot be bound", cures.listening, constants("net/faults.ts", "ListenCode", ListenCode)),
    section("Certificates", cures.certificates, constants("net/faults.ts", "CertificateCode", CertificateCode)),
    section("Ends of connections", cures.closeCauses, constants("net/faults.ts", "CloseCause", CloseCause)),
    section("Verdicts", cures.verdicts, verdictRows(), ["MQTT 5", "HTTP"]),
    section("Refusals", cures.refusals, refusalRows(), ["MQTT 5", "MQTT 3", "HTTP"]),
    section("Ends of sessions", cures.closeReasons, closeReasonRows(), ["MQTT 5", "WebSocket"]),
    section("Dropped messages", cures.dropped, keys("messagesDropped")),
    section("Protocol errors", cures.coreErrors, keys("protocolErrors")),
    ...(await faultSections()),
    section(
      "WebSocket: ends of connections",
      cures.webSocketCloses,
      constants("adapters/websocket/faults.ts", "CloseCode", CloseCode),
    ),
    section("WebSocket: refused upgrades", cures.webSocketUpgrades, stated("adapters/websocket", "UpgradeFault"), [
      "HTTP",
    ]),
    section("WebSocket: bad frames", cures.webSocketFrames, stated("adapters/websocket", "FrameFault")),
    section("HTTP answers", cures.http, stated("adapters/http", "HttpFault"), ["HTTP"]),
    section("Admin answers", cures.admin, stated("gateway/admin", "AdminError"), ["HTTP"]),
  ];
  return sections.join("\n");
}

/** A table of constants, each with the comment above it. */
function constants(path: string, name: string, table: Readonly<Record<string, string | number>>): Told[] {
  const { members } = documentedTable(path, name);
  return Object.entries(table).map(([member, code]) => ({
    code: String(code),
    name: member,
    means: members.get(member) ?? "",
  }));
}

/** A table of numbers of the core: the name of each, and the words of protocols for it. */
function numbered(
  name: string,
  table: Readonly<Record<string, number>>,
  names: readonly string[],
  ownOf: (value: number) => readonly string[],
): Told[] {
  return constants("core/verdict.ts", name, table).map(({ name: member, code, means }) => ({
    code: names[Number(code)]!,
    name: member!,
    means,
    own: ownOf(Number(code)),
  }));
}

function verdictRows(): Told[] {
  return numbered("Verdict", Verdict, verdictNames, (value) => {
    const verdict = value as Verdict;
    const fault = faultOfVerdict(verdict);
    return [
      verdict === Verdict.Pending ? "" : hex(publishReason(verdict)),
      fault === null ? "202" : String(fault.status),
    ];
  });
}

function refusalRows(): Told[] {
  return numbered("RefusalReason", RefusalReason, refusalReasonNames, (value) => {
    const reason = value as RefusalReason;
    const { status, code } = faultOfRefusal(reason);
    return [hex(refusalReason(reason)), String(refusalReturn(reason)), `${status} \`${code}\``];
  });
}

function closeReasonRows(): Told[] {
  return numbered("CloseReason", CloseReason, closeReasonNames, (value) => {
    const reason = value as CloseReason;
    const isSaid = !ENDS_WITHOUT_WORD.has(reason);
    return [isSaid ? hex(closeReasonCode(reason)) : "", isSaid ? String(closeCodeOf(reason)) : ""];
  });
}

/** The peer said goodbye or is gone: there is nobody to tell. */
const ENDS_WITHOUT_WORD: ReadonlySet<CloseReason> = new Set([
  CloseReason.Normal,
  CloseReason.NormalWithWill,
  CloseReason.ConnectionLost,
]);

/** Keys that the core and the adapters count under as literals. */
function keys(map: string): Told[] {
  const found = new Set(countedKeys("{core,adapters}/**/*.ts", map));
  return [...found].toSorted().map((code) => ({ code, means: "" }));
}

/** Faults that a folder states where they arise; one row a code, whatever the number of its texts. */
function stated(folder: string, className: string): Told[] {
  const rows = new Map<string, { statuses: Set<string>; texts: Set<string> }>();
  for (const { status, code, text } of statedFaults(`${folder}/**/*.ts`, className)) {
    const told = rows.get(code) ?? { statuses: new Set(), texts: new Set() };
    rows.set(code, told);
    if (status !== "") told.statuses.add(status);
    if (text !== "") told.texts.add(text);
  }
  return [...rows].map(([code, { statuses, texts }]) => ({
    code,
    means: [...texts].join("; "),
    ...(statuses.size === 0 ? {} : { own: [[...statuses].join(", ")] }),
  }));
}

/** Every table of fault codes in a faults.ts of a codec or an adapter, found by looking. */
async function faultSections(): Promise<string[]> {
  const sections: string[] = [];
  for (const path of [...sourceFiles("codecs/*/src/faults.ts"), ...sourceFiles("adapters/*/faults.ts")]) {
    const module = (await import(sourceUrl(path))) as Record<string, unknown>;
    for (const [name, table] of Object.entries(module)) {
      const rows = faultRows(path, name, table);
      if (rows === null) continue;
      const isCodec = path.startsWith("codecs/");
      const owner = isCodec ? path.split("/")[1]! : basename(dirname(path));
      const known = cures.faultTables[`${path} ${name}`] ?? (isCodec ? cures.anyCodec : cures.anyAdapter);
      const about = known.about ?? documentedTable(path, name).about;
      sections.push(section(`${owner}: ${name}`, { ...known, about }, rows.rows, rows.columns));
    }
  }
  return sections;
}

const FAULT_CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

/** null: it is something else. */
function faultRows(path: string, name: string, table: unknown): { rows: Told[]; columns: string[] } | null {
  if (typeof table !== "object" || table === null) return null;
  const values: unknown[] = Object.values(table);
  if (values.length === 0) return null;
  if (values.every((value) => typeof value === "string" && FAULT_CODE.test(value))) {
    const rows = constants(path, name, table as Record<string, string>);
    return { rows: rows.map(({ code, means }) => ({ code, means })), columns: [] };
  }
  if (!values.every((value) => isWordedFault(value))) return null;
  const rows = values.map(({ code, text, reason }) => ({ code, means: text, own: [hex(reason)] }));
  return { rows, columns: ["MQTT 5"] };
}

/** As MQTT's are: with their text and what the client is told. */
function isWordedFault(value: unknown): value is { code: string; text: string; reason: number } {
  return typeof value === "object" && value !== null && "code" in value && "text" in value && "reason" in value;
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, "0")}`;
}

/** Throws when a code has no cure, a cure no code, or a code no meaning. */
function section(title: string, area: Area, rows: readonly Told[], columns: readonly string[] = []): string {
  const known = new Set(rows.map(({ code, name }) => name ?? code));
  const stale = Object.keys(area.of).filter((key) => !known.has(key));
  if (stale.length > 0) throw new Error(`${title}: no such codes: ${stale.join(", ")}`);
  const lines = rows.map(({ code, name, means, own = [] }) => {
    const cure = area.of[name ?? code] ?? area.usual;
    if (cure === undefined) throw new Error(`${title}: nothing is said of ${code}: add it to cures.ts`);
    const meaning = cure.means ?? means;
    if (meaning === "") throw new Error(`${title}: no meaning stands above ${code}`);
    return row([`\`${code}\``, sentence(meaning), ...own, cure.whose, cure.cure]);
  });
  const heads = ["Code", "Meaning", ...columns, "Whose fault", "What to do"];
  const about = area.about === undefined || area.about === "" ? "" : `${area.about}\n\n`;
  return `## ${title}\n\n${about}${row(heads)}\n|${"---|".repeat(heads.length)}\n${lines.join("\n")}\n`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}`;
}
