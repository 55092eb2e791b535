import type { BusDriver, Subscription } from '../driver';
import { type DeadLetter, deadLetterTopic, deadLetterTopicSpec, fromDeadLetter } from './dead-letter';

/**
 * Tells of each message of these topics that a group gives up from now on.
 * @param options.group of the one who watches; each group is told of all
 */
export async function watchDeadLetters(
  driver: BusDriver,
  { group, topics }: { readonly group: string; readonly topics: readonly string[] },
  tell: (letter: DeadLetter) => void,
): Promise<Subscription> {
  await driver.ensureTopics(topics.map(deadLetterTopicSpec));
  return driver.subscribe({
    group,
    topics: topics.map(deadLetterTopic),
    handler: async (delivery) => tell(fromDeadLetter(delivery)),
  });
}
