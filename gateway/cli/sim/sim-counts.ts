// What a simulation has done, in numbers: as a line for each second, and as a summary.

/** Upper edges of the latency classes: each is 12 % above the one before, from 0.05 ms to about a minute. */
const EDGES_MS: readonly number[] = Object.freeze(Array.from({ length: 124 }, (_, n) => 0.05 * 1.12 ** n));

/** How long answers took. */
export class Latencies {
  readonly #classes = new Float64Array(EDGES_MS.length + 1);
  #count = 0;
  #maxMs = 0;

  add(ms: number): void {
    let low = 0;
    let high = EDGES_MS.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (EDGES_MS[middle]! < ms) low = middle + 1;
      else high = middle;
    }
    this.#classes[low]!++;
    this.#count++;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** The upper edge of the class that the share `part` (0…1) falls in, ms; 0 when there is nothing. */
  quantile(part: number): number {
    let left = this.#count * part;
    for (let at = 0; at < EDGES_MS.length; at++) {
      left -= this.#classes[at]!;
      if (left <= 0) return this.#count === 0 ? 0 : Math.min(EDGES_MS[at]!, this.#maxMs);
    }
    return this.#maxMs;
  }

  get maxMs(): number {
    return this.#maxMs;
  }
}

/** Plain numbers that everybody adds to. */
export class SimCounts {
  /** Devices that are logged in now. */
  online = 0;
  reports = 0;
  /** Reports that were answered with ok. */
  accepted = 0;
  /** Reports that were answered otherwise. */
  refused = 0;
  /** Reports that were put off because the link takes no more. */
  skipped = 0;
  /** Reports whose answer never came. */
  lost = 0;
  commands = 0;
  /** Links that ended and were opened again. */
  reconnects = 0;
  /** Logins that were refused. */
  rejected = 0;
  bytesSent = 0;
  readonly latencies = new Latencies();
}

export interface SimSummary {
  readonly seconds: number;
  readonly online: number;
  readonly reports: number;
  readonly accepted: number;
  readonly refused: number;
  readonly skipped: number;
  readonly lost: number;
  readonly commands: number;
  readonly reconnects: number;
  readonly rejected: number;
  readonly bytesSent: number;
  readonly reportsPerSecond: number;
  readonly acceptedPerSecond: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

const round = (ms: number): number => Math.round(ms * 100) / 100;

/** The rates are over `seconds`, without what `before` had counted already. */
export function summaryOf(counts: SimCounts, seconds: number, before: SimSummary | null = null): SimSummary {
  const { latencies, ...plain } = counts;
  const rate = (count: number): number => (seconds > 0 ? Math.round(count / seconds) : 0);
  return {
    seconds: round(seconds),
    ...plain,
    reportsPerSecond: rate(plain.reports - (before?.reports ?? 0)),
    acceptedPerSecond: rate(plain.accepted - (before?.accepted ?? 0)),
    latencyMs: {
      p50: round(latencies.quantile(0.5)),
      p99: round(latencies.quantile(0.99)),
      max: round(latencies.maxMs),
    },
  };
}

/** What happened since `before`, of which it is a copy a second ago. */
export function lineOf(counts: SimCounts, before: SimSummary, second: number): string {
  const since = (key: "reports" | "accepted" | "commands"): number => counts[key] - before[key];
  const odd = (["refused", "skipped", "lost", "rejected", "reconnects"] as const)
    .filter((key) => counts[key] > 0)
    .map((key) => `  ${counts[key]} ${key}`);
  const now = `${since("reports")} reports/s  ${since("accepted")} accepted/s  ${since("commands")} commands/s`;
  return `${String(second).padStart(5)} s  ${counts.online} online  ${now}${odd.join("")}`;
}
