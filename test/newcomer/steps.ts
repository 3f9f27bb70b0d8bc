// The README as a script: what it tells its reader to do and to expect, step by step.
//
//   ```sh          commands, run in a shell of their own until they have ended, with code 0
//   ```sh NAME     commands in a terminal of that name, which stay running; where something runs in it, that is ended first
//   ```text        what the last commands without a name have written
//   ```text NAME   what the terminal of that name shows, behind what it was seen to show before
//   press **X**    in the running text: the button X of the page whose address the last terminal has shown
//
// An expected line is a whole line; `…` stands for anything within it, and spaces for any number of spaces. Lines that
// are not mentioned may stand between those that are.

export type Step =
  | { readonly kind: "run"; readonly terminal: string | null; readonly text: string; readonly line: number }
  | { readonly kind: "shows"; readonly terminal: string | null; readonly text: string; readonly line: number }
  | { readonly kind: "press"; readonly button: string; readonly line: number };

export interface Script {
  readonly steps: readonly Step[];
  /** Fenced blocks of the section, of whatever kind. */
  readonly blocks: number;
}

const FENCE = "```";
const PRESS = /press \*\*([^*]+)\*\*/gi;

/** The steps of one section: from its heading to the next one of the same level. */
export function scriptOf(markdown: string, heading: string): Script {
  const lines = markdown.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`there is no ${heading}`);
  const steps: Step[] = [];
  let blocks = 0;
  for (let at = start + 1; at < lines.length && !lines[at]!.startsWith("## "); at++) {
    const text = lines[at]!;
    if (!text.startsWith(FENCE)) {
      for (const [, button] of text.matchAll(PRESS)) steps.push({ kind: "press", button: button!, line: at + 1 });
      continue;
    }
    const end = lines.indexOf(FENCE, at + 1);
    if (end < 0) throw new Error(`line ${at + 1}: a block that does not end`);
    blocks++;
    const step = blockStep(text.slice(FENCE.length), lines.slice(at + 1, end).join("\n"), at + 1);
    if (step !== null) steps.push(step);
    at = end;
  }
  return { steps, blocks };
}

/** null: a block that says nothing to do or to expect. */
function blockStep(info: string, text: string, line: number): Step | null {
  const [language, terminal = null] = info.split(" ");
  if (language === "sh") return { kind: "run", terminal, text, line };
  return language === "text" ? { kind: "shows", terminal, text, line } : null;
}

/**
 * Where in `shown`, from `from` on, the expected lines have all been seen, in their order; null: not yet.
 * A last line without its end counts too.
 */
export function seenAt(shown: string, from: number, expected: string): number | null {
  let at = from;
  for (const line of expected.split("\n")) {
    const pattern = patternOf(line);
    for (;;) {
      if (at >= shown.length) return null;
      const end = shown.indexOf("\n", at);
      const candidate = shown.slice(at, end < 0 ? shown.length : end);
      at = end < 0 ? shown.length : end + 1;
      if (pattern.test(candidate)) break;
    }
  }
  return at;
}

function patternOf(line: string): RegExp {
  const parts = line
    .trim()
    .split("…")
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(String.raw`^\s*${parts.join(".*").replaceAll(/ +/g, String.raw`\s+`)}\s*$`);
}
