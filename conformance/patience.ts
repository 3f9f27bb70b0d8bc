// How long a test waits for what must happen before it says that it did not: long, because a busy machine is slow, and
// adjustable, because tests of the tests wait in vain on purpose.

const DEFAULT_MS = 10_000;

/** ms; TRIBUTARY_TEST_PATIENCE_MS when it is set. */
export function patienceMs(): number {
  const given = Number(process.env["TRIBUTARY_TEST_PATIENCE_MS"]);
  return given > 0 ? given : DEFAULT_MS;
}

/** The promise, or an error that names what was waited for. */
export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`waited in vain: ${what}`)), patienceMs());
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
