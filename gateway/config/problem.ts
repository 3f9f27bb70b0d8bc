// What is wrong in a configuration, and where: the one form in which every check of it reports.

/** Where a value was written. */
export type Place =
  | { readonly file: string; readonly line: number; readonly column: number }
  /** Name of the environment variable that it came from. */
  | { readonly variable: string };

export interface ConfigProblem {
  readonly place: Place;
  /** What, and what was expected. Holds no secret. */
  readonly text: string;
}

export function formatProblem(problem: ConfigProblem): string {
  return `${formatPlace(problem.place)}: ${problem.text}`;
}

export function formatPlace(place: Place): string {
  return "variable" in place ? place.variable : `${place.file}:${place.line}:${place.column}`;
}

/** Keys and indexes from the root on. */
export type Path = readonly (string | number)[];

/** As people write it: `adapters.mqtt.listeners[0].port`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) text += typeof step === "number" ? `[${step}]` : text === "" ? step : `.${step}`;
  return text === "" ? "the configuration" : text;
}

/** One string for a path, to look it up by (a JSON pointer, RFC 6901). */
export function pointerOf(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

export function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  let value = root;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(value) ? Number(key) : key);
    value = (value as Record<string, unknown> | null | undefined)?.[key];
  }
  return path;
}
