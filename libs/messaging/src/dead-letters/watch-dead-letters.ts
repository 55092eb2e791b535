import type { BusDriver, Subscription } from '../driver';
import { type DeadLetter, deadLetterTopic, deadLetterTopicSpec, fromDeadLetter } from './dead-letter';

/**
 * Calls `onDeadLetter` for each message of these topics that becomes a dead letter from now on.
 * @param options.group the consumer group of the observer; each group receives all dead letters
 */
export async function watchDeadLetters(
  driver: BusDriver,
  { group, topics }: { readonly group: string; readonly topics: readonly string[] },
  onDeadLetter: (letter: DeadLetter) => void,
): Promise<Subscription> {
  await driver.ensureTopics(topics.map(deadLetterTopicSpec));
  return driver.subscribe({
    group,
    topics: topics.map(deadLetterTopic),
    handler: async (delivery) => onDeadLetter(fromDeadLetter(delivery)),
  });
}
