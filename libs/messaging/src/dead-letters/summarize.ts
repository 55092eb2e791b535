import { createHash } from 'node:crypto';
import type { DeadLetter } from './dead-letter';

/** A dead letter as people see it, and as they name it. */
export interface DeadLetterSummary {
  /** Stays the same for as long as the letter lies there. */
  id: string;
  /** Where the message came from. */
  topic: string;
  partition: number;
  offset: number;
  /** That gave it up. */
  group: string;
  /** Of the event; null where the message does not say. */
  eventType: string | null;
  eventId: string | null;
  reason: 'invalid' | 'failed';
  error: string;
  attempts: number;
  /** RFC 3339. */
  failedAt: string;
}

export function summarize(letter: DeadLetter): DeadLetterSummary {
  const { message, partition, offset, group, reason, error, attempts, failedAt } = letter;
  const { topic, headers } = message;
  // Not by its place in the dead-letter topic, which changes when others before it are dealt with.
  const place = [topic, partition, offset, group].join('/');
  return {
    id: createHash('sha256').update(place).digest('hex').slice(0, 12),
    topic,
    partition,
    offset,
    group,
    eventType: headers['ce_type'] ?? null,
    eventId: headers['ce_id'] ?? null,
    reason,
    error,
    attempts,
    failedAt,
  };
}
