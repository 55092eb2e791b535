/** What the process exits with. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** A flag, a configuration or a choice of folder that cannot be; nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs `check`; what it throws is the user's to correct. */
export function asUsage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
