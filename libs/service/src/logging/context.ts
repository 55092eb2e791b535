import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line of a piece of work carries. */
export interface LogContext {
  runId?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Runs `work` such that whatever it logs, at any depth, carries the context. */
export function withLogContext<T>(context: LogContext, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...context }, work);
}

export function logContext(): LogContext {
  return storage.getStore() ?? {};
}
