import { InvalidEvent } from '@open-chatgpt/events';

/** Thrown by a handler when a retry cannot help: the message becomes a dead letter at once. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}

export function isPermanent(error: unknown): boolean {
  return error instanceof PermanentError || error instanceof InvalidEvent;
}
