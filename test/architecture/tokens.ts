// A tokeniser of TypeScript, just good enough for rules about files: comments away; names, strings and punctuation with
// their line and nesting depth. The compiler has no programming interface here, and rules that look at text with
// regular expressions alone mistake comments and strings for code.

export type TokenKind = "name" | "string" | "regexp" | "number" | "punctuation";

export interface Token {
  readonly kind: TokenKind;
  /** Strings and the literal parts of templates without their quotes. */
  readonly text: string;
  /** Counts from 1. */
  readonly line: number;
  /** How many brackets of any kind are open before it. */
  readonly depth: number;
}

const NAME = /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\.?\d[\w.]*/y;
const BLANK = /\s+|\/\/[^\n]*|\/\*[^]*?\*\//y;
const STRING = /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y;
const REGEXP = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const TEMPLATE_PART = /(?:[^`\\$]|\\[^]|\$(?!\{))*/y;
/** A slash after one of these begins a regular expression, after anything else it divides. */
const BEFORE_REGEXP = /^(?:[(,=:[!&|?{};+*%<>~^-]|return|typeof|case|in|of|=>|&&|\|\||\?\?)$/;
const LONG_PUNCTUATION = /=>|\?\?|&&|\|\||\.\.\.|[^]/y;

export function tokenize(source: string): Token[] {
  return new Tokenizer(source).run();
}

class Tokenizer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  /** Depth at which each open template's `${` stands. */
  readonly #templates: number[] = [];
  #at = 0;
  #line = 1;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    while (this.#at < this.#source.length) {
      if (this.#take(BLANK) !== null) continue;
      const first = this.#source[this.#at]!;
      if (first === "`") {
        this.#at++;
        this.#template();
      } else if (first === "}" && this.#templates.at(-1) === this.#depth) {
        this.#at++;
        this.#depth--;
        this.#templates.pop();
        this.#template();
      } else this.#ordinary();
    }
    return this.#tokens;
  }

  #ordinary(): void {
    const string = this.#match(STRING);
    if (string !== null) return this.#emit("string", string.slice(1, -1), string);
    const before = this.#tokens.at(-1)?.text ?? ";";
    const regexp = BEFORE_REGEXP.test(before) ? this.#match(REGEXP) : null;
    if (regexp !== null) return this.#emit("regexp", regexp, regexp);
    const name = this.#match(NAME);
    if (name !== null) return this.#emit("name", name, name);
    const number = this.#match(NUMBER);
    if (number !== null) return this.#emit("number", number, number);
    const mark = this.#match(LONG_PUNCTUATION)!;
    if (mark === "}" || mark === ")" || mark === "]") this.#depth--;
    this.#emit("punctuation", mark, mark);
    if (mark === "{" || mark === "(" || mark === "[") this.#depth++;
  }

  #template(): void {
    const part = this.#match(TEMPLATE_PART)!;
    this.#emit("string", part, part);
    if (this.#source.startsWith("${", this.#at)) {
      this.#at += 2;
      this.#depth++;
      this.#templates.push(this.#depth);
    } else this.#at++; // the closing quote
  }

  #emit(kind: TokenKind, text: string, whole: string): void {
    this.#tokens.push({ kind, text, line: this.#line, depth: this.#depth });
    this.#advance(whole);
  }

  #take(pattern: RegExp): string | null {
    const found = this.#match(pattern);
    if (found !== null) this.#advance(found);
    return found;
  }

  #advance(text: string): void {
    for (let i = text.indexOf("\n"); i !== -1; i = text.indexOf("\n", i + 1)) this.#line++;
    this.#at += text.length;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source)?.[0] ?? null;
  }
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Every `import … from`, `export … from`, `import "…"`, `import("…")`, `require("…")` and `import type`. */
export function importsOf(tokens: readonly Token[]): Import[] {
  const found: Import[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind !== "string") continue;
    const before = tokens[i - 1];
    const beforeThat = tokens[i - 2];
    const bare = isName(before, "import") || (isName(before, "from") && reachesImport(tokens, i - 2));
    const called = before?.text === "(" && (isName(beforeThat, "import") || isName(beforeThat, "require"));
    if (bare || called) found.push({ specifier: token.text, line: token.line });
  }
  return found;
}

function isName(token: Token | undefined, text: string): boolean {
  return token?.kind === "name" && token.text === text;
}

/** True when walking back from a `from` meets `import` or `export` before anything that cannot stand between them. */
function reachesImport(tokens: readonly Token[], from: number): boolean {
  for (let i = from; i >= 0; i--) {
    const token = tokens[i]!;
    if (isName(token, "import") || isName(token, "export")) return true;
    const between = token.kind === "name" || token.kind === "string" || /^[{},*]$/.test(token.text);
    if (!between) return false;
  }
  return false;
}
