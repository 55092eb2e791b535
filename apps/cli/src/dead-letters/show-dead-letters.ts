import type { DeadLetterSummary } from '@open-chatgpt/messaging';
import { printable } from '@open-chatgpt/untrusted';
import { print, printJson } from '../terminal/print';
import { formatTable } from '../terminal/table';

/** Prints one line, or one JSON object, for each dead letter. */
export function showDeadLetters(letters: readonly DeadLetterSummary[], json: boolean): void {
  if (json) {
    for (const letter of letters) printJson(letter);
    return;
  }
  const rows = letters.map(
    ({ id, topic, partition, offset, eventType, reason, attempts, failedAt, error }) => [
      id,
      `${topic}/${partition}@${offset}`,
      eventType === null ? '?' : printable(eventType),
      reason === 'failed' ? `failed ${attempts} times` : reason,
      failedAt.slice(0, 19).replace('T', ' '),
      printable(error),
    ],
  );
  print(formatTable([['id', 'topic/partition@offset', 'event', 'reason', 'when', 'error'], ...rows]));
}
