import { InvalidEvent } from '@open-chatgpt/events';

/** Thrown by a handler for a message that no further try can help: it becomes a dead letter at once. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}

export function isPermanent(error: unknown): boolean {
  return error instanceof PermanentError || error instanceof InvalidEvent;
}
