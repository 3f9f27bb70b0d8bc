// Rules about single files: their length, head and name, state at module level, and protocols' names in the core.

import type { Token } from "./tokens.ts";
import type { SourceFile, Tree } from "./tree.ts";

const LINES_MAX = 400;
const FORBIDDEN_NAME = /^(?:utils?|helpers?|common|misc|shared)$/i;

/** No file of code is longer than 400 lines, unless its first line says that it is a table. */
export function checkLength(files: readonly SourceFile[]): string[] {
  const faults: string[] = [];
  for (const file of files) {
    const lines = file.text.split("\n").length - (file.text.endsWith("\n") ? 1 : 0);
    const first = file.text.slice(0, file.text.indexOf("\n"));
    const table = /^(?:\/\/|\/\*).*\btable\b/i.test(first);
    if (lines > LINES_MAX && !table) faults.push(`${file.path}: ${lines} lines, more than ${LINES_MAX}`);
  }
  return faults;
}

/** Each file of code that is no test begins by saying why it exists. */
export function checkHeads(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !file.path.includes("/test/") && !file.path.endsWith(".test.ts"))
    .filter((file) => !/^(?:#![^\n]*\n)?(?:\/\/|\/\*)/.test(file.text))
    .map((file) => `${file.path}: the head of the file does not say why it exists`);
}

/** Names that say nothing attract everything. */
export function checkNames(tree: Tree): string[] {
  const faults = new Set<string>();
  for (const path of tree.keys()) {
    const parts = path.split("/");
    parts.forEach((part, index) => {
      const name = index === parts.length - 1 ? part.split(".")[0]! : part;
      if (FORBIDDEN_NAME.test(name)) faults.add(`${parts.slice(0, index + 1).join("/")}: a name that says nothing`);
    });
  }
  return [...faults];
}

/** Words of protocols, of what carries them, and of vendors, as they may occur inside an identifier. */
const PROTOCOL_WORDS =
  /mqtt|https?|websocket|\bws\b|coap|jt808|jtt|gb\d{5}|gbt\d{5}|lwm2m|\bsn\b|amqp|stomp|modbus|opcua|kafka|fastify|haproxy|\b(?:nats|tcp|udp|tls|dtls|sse)\b/;

/** The core knows no protocol: none is named in an identifier or a string there. Comments may. */
export function checkProtocolWords(files: readonly SourceFile[]): string[] {
  const faults: string[] = [];
  for (const file of files) {
    if (file.layer !== "core" || file.test) continue;
    for (const token of file.tokens) {
      if (token.kind !== "name" && token.kind !== "string") continue;
      const word = PROTOCOL_WORDS.exec(words(token.text))?.[0];
      if (word !== undefined && !isTransportData(file, token)) {
        faults.push(`${file.path}:${token.line}: names a protocol: ${token.text} (${word})`);
      }
    }
  }
  return faults;
}

/** `capabilities.transports` is data for documents and tests: the one place where the contract lists what it can name. */
function isTransportData(file: SourceFile, token: Token): boolean {
  return file.path === "core/contract.ts" && /^(?:tcp|tls|udp|websocket|http)$/.test(token.text);
}

/** "parseHTTPFrame" → "parse http frame", so that a short word is only found as a word of its own. */
function words(text: string): string {
  return text
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .replaceAll(/[_$#-]/g, " ")
    .toLowerCase();
}

const CONTAINERS = /^(?:Map|Set|WeakMap|WeakSet|Array|EventEmitter|AsyncLocalStorage)$/;

/** Methods that change an array. */
const CHANGES = /^(?:push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin)$/;

/**
 * Nothing mutable at module level: no `let` or `var`; no `const` with a container that is not declared read-only; no
 * literal that begins empty, or that its own file writes to; no `static` field that can be written.
 */
export function checkModuleState(files: readonly SourceFile[]): string[] {
  const faults: string[] = [];
  for (const file of files) {
    if (file.test || file.layer === "bench" || file.layer === "scripts") continue;
    const tokens = file.tokens;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      if (token.kind !== "name") continue;
      const what = token.depth === 0 ? topLevelFault(tokens, i) : staticFault(tokens, i);
      if (what !== null) faults.push(`${file.path}:${token.line}: ${what}`);
    }
  }
  return faults;
}

function topLevelFault(tokens: readonly Token[], at: number): string | null {
  const keyword = tokens[at]!.text;
  if (tokens[at - 1]?.text === ".") return null;
  if (keyword === "let" || keyword === "var") return `a module-level ${keyword}`;
  if (keyword !== "const") return null;
  const name = tokens[at + 1]?.text ?? "";
  const equals = indexAtDepth(tokens, at + 1, 0, /^=$/);
  if (equals === -1) return null;
  const type = tokens.slice(at + 2, equals).map((token) => token.text);
  const readOnly = type.some((text) => /^(?:readonly|Readonly\w*)$/.test(text));
  const value = tokens[equals + 1];
  if (value?.text === "new" && CONTAINERS.test(tokens[equals + 2]?.text ?? "") && !readOnly) {
    return `a mutable container at module level: ${name}`;
  }
  if (value?.kind !== "punctuation" || (value.text !== "[" && value.text !== "{") || readOnly) return null;
  if (/^[\]}]$/.test(tokens[equals + 2]!.text)) return `begins empty, to be filled: ${name}`;
  return isWrittenTo(tokens, name) ? `a constant that is written to: ${name}` : null;
}

/** `name.push(`, `name.x = `, `name[i] = `, `delete name.x` anywhere in the file. */
function isWrittenTo(tokens: readonly Token[], name: string): boolean {
  return tokens.some((token, at) => {
    if (token.text !== name || token.kind !== "name" || tokens[at - 1]?.text === ".") return false;
    if (tokens[at - 1]?.text === "delete") return true;
    const opener = tokens[at + 1];
    if (opener?.text === "." && CHANGES.test(tokens[at + 2]?.text ?? "") && tokens[at + 3]?.text === "(") return true;
    const end = opener?.text === "[" ? indexAtDepth(tokens, at + 2, opener.depth, /^\]$/) + 1 : at + 3;
    const assigned = opener?.text === "." || opener?.text === "[";
    return assigned && tokens[end]?.text === "=" && tokens[end + 1]?.text !== "=";
  });
}

function staticFault(tokens: readonly Token[], at: number): string | null {
  if (tokens[at]!.text !== "static") return null;
  const depth = tokens[at]!.depth;
  const end = indexAtDepth(tokens, at + 1, depth, /^[=;({]$/);
  if (end === -1 || !/^[=;]$/.test(tokens[end]!.text)) return null;
  const declared = tokens.slice(at + 1, end).map((token) => token.text);
  if (!declared.includes("readonly")) return `a static field that can be written: ${declared[0]}`;
  const container = tokens[end + 1]?.text === "new" && CONTAINERS.test(tokens[end + 2]?.text ?? "");
  return container && !declared.some((text) => /^Readonly\w+$/.test(text)) ? `a mutable static container` : null;
}

function indexAtDepth(tokens: readonly Token[], from: number, depth: number, text: RegExp): number {
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.depth < depth) return -1;
    if (token.depth === depth && token.kind === "punctuation" && text.test(token.text)) return i;
  }
  return -1;
}
