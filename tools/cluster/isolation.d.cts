/** Whether this process was started by `isolate`. */
export function isIsolated(): boolean;

/** The reason why no namespaces can be made on this machine, or null. */
export function missingIsolation(): string | null;
