/** Exit codes of the program. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** An invalid flag, configuration or folder; nothing was changed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Converts an error of `check` to a UsageError. */
export function asUsage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
