import { createHash } from 'node:crypto';
import type { DeadLetter } from './dead-letter';

/** A dead letter as it is shown to people, with an id by which they refer to it. */
export interface DeadLetterSummary {
  /** Stays the same as long as the letter exists. */
  id: string;
  /** The topic, partition and offset of the original message. */
  topic: string;
  partition: number;
  offset: number;
  /** The consumer group that could not handle the message. */
  group: string;
  /** Type and id of the event; null when the message has no such header. */
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
  // Not from its offset in the dead-letter topic, which changes when the letter is kept during a replay.
  const origin = [topic, partition, offset, group].join('/');
  return {
    id: createHash('sha256').update(origin).digest('hex').slice(0, 12),
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
