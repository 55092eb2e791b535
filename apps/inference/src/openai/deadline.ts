import type { NextFunction, Request, Response } from 'express';
import { invalidRequest, OpenAiError } from './openai-error';

const HEADER = 'x-request-timeout-ms';
const MOST_MS = 86_400_000;

/** Middleware: starts the time that the header of a request gives it. A header that is wrong ends the request at once. */
export function startDeadline(request: Request, response: Response, next: NextFunction): void {
  const deadline = new AbortController();
  response.locals.deadline = deadline.signal;
  const given = request.get(HEADER);
  if (given !== undefined) {
    const milliseconds = /^[1-9]\d{0,7}$/.test(given) ? Number(given) : Number.NaN;
    if (milliseconds <= MOST_MS) {
      const timer = setTimeout(() => deadline.abort(deadlineExceeded(milliseconds)), milliseconds);
      response.once('close', () => clearTimeout(timer));
    } else {
      const expected = `expected milliseconds, a whole number from 1 to ${MOST_MS}`;
      deadline.abort(invalidRequest(`the header ${HEADER} is "${given}"; ${expected}`, HEADER));
    }
  }
  next();
}

/** Is aborted, with an OpenAiError, when the time of the request is over. */
export const deadlineOf = (response: Response): AbortSignal => response.locals.deadline;

/** OpenAI's clients would ask again, although nobody waits for the answer: the header prevents it. */
function deadlineExceeded(milliseconds: number): OpenAiError {
  const message = `the request is not answered within the ${milliseconds} ms of its header ${HEADER}; allow more time, or ask for fewer tokens`;
  return new OpenAiError(408, 'timeout_error', message, {
    code: 'deadline_exceeded',
    headers: { 'x-should-retry': 'false' },
  });
}
