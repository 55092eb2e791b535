import { AsyncLocalStorage } from 'node:async_hooks';

/** Fields that are added to every log line of a task. */
export interface LogContext {
  runId?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Runs `work` and adds the context to all its log lines, also after awaits. */
export function withLogContext<T>(context: LogContext, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...context }, work);
}

export function logContext(): LogContext {
  return storage.getStore() ?? {};
}
