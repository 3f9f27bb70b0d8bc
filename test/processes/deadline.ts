// Every wait of the tests over real processes has a name and an end. On a slow machine with two cores shared by other
// tests, starting Chromium alone can take seconds: the deadline is for what hangs, not for what is slow.

export const DEADLINE_MS = 30_000;
const POLL_MS = 25;

/**
 * Settles as `promise` does, or rejects saying what did not happen.
 * @param what what is waited for, as the end of "waited 30 s for …"
 * @param explain asked only when it failed: what is known by then
 */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  explain: () => string = () => "",
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`waited ${deadlineMs / 1000} s for ${what}\n${explain()}`.trimEnd()));
  }, deadlineMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** For what sends no event, such as an answer that changes: asks again until it is not null. */
export async function eventually<T>(what: string, ask: () => Promise<T | null>, deadlineMs = DEADLINE_MS): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new Error(`waited ${deadlineMs / 1000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
