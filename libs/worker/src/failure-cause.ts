import { ConnectionError, HttpStatusError } from '@open-chatgpt/download';
import { InUse } from '@open-chatgpt/runs';
import { MachineError } from '@open-chatgpt/runtime';
import { StorageFailure } from '@open-chatgpt/storage';
import { TrainingInterrupted } from '@open-chatgpt/training';
import { BusUnavailable } from './bus-unavailable';
import { RanksApart } from './ranks/messages';

/**
 * Why an attempt at a run has failed.
 * - `run`: its configuration or data is wrong, or training diverged; another attempt would fail in the same way
 * - `machine`: a native library or device is missing, or disk or memory is full; another machine may do
 * - `service`: the store, the bus, a download or another rank does not respond; the same attempt may succeed later
 * - `stop`: it was told to stop
 */
export type FailureCause = 'run' | 'machine' | 'service' | 'stop';

/** System errors of this machine. A missing file is not one of them: its name comes from the request. */
const MACHINE_CODES = new Set([
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EACCES', 'EPERM', 'ESTALE', 'EFBIG'],
  ...['ERR_DLOPEN_FAILED'],
]);
const NETWORK_CODES = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
]);

/** Classifies an error by itself and its causes. */
export function causeOf(failure: unknown): FailureCause {
  const errors = chainOf(failure);
  if (errors.some((error) => error instanceof TrainingInterrupted)) return 'stop';
  if (errors.some(isOfMachine)) return 'machine';
  return errors.some(isOfService) ? 'service' : 'run';
}

function isOfMachine(error: Error): boolean {
  return (
    error instanceof MachineError ||
    error instanceof InUse ||
    MACHINE_CODES.has(codeOf(error)) ||
    // V8 has no class of its own for it.
    (error instanceof RangeError && /allocation failed/i.test(error.message))
  );
}

function isOfService(error: Error): boolean {
  return (
    error instanceof StorageFailure ||
    error instanceof BusUnavailable ||
    error instanceof RanksApart ||
    error instanceof ConnectionError ||
    (error instanceof HttpStatusError && (error.status === 429 || error.status >= 500)) ||
    NETWORK_CODES.has(codeOf(error))
  );
}

const codeOf = (error: Error): string => String((error as NodeJS.ErrnoException).code ?? '');

function chainOf(failure: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = failure; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  return chain;
}
