// `%c` and its like inside of a rule's topic: what there is, and how it is found.

const PLACEHOLDER = /%(.)/gsu;
const KNOWN = "cutd%";

/** The text with `%x` replaced by what `valueOf` gives for `x`. */
export function mapPlaceholders(text: string, valueOf: (letter: string) => string): string {
  return text.replace(PLACEHOLDER, (_whole, letter: string) => valueOf(letter));
}

/** The first placeholder that does not exist, or null. A percent sign at the end is one without a name. */
export function unknownPlaceholder(text: string): string | null {
  for (const [whole, letter] of text.matchAll(PLACEHOLDER)) if (!KNOWN.includes(letter!)) return whole;
  return text.replaceAll(PLACEHOLDER, "").endsWith("%") ? "%" : null;
}
