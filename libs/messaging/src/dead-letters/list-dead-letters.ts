import type { BusDriver } from '../driver';
import { type DeadLetter, deadLetterTopic, fromDeadLetter } from './dead-letter';

/** The consumer group whose offsets record which dead letters are replayed or discarded. */
export const REPLAY_GROUP = 'open-chatgpt-dlq-replay';

/** The dead letters of `topic` that are neither replayed nor discarded, the oldest first. */
export async function listDeadLetters(driver: BusDriver, topic: string): Promise<DeadLetter[]> {
  const name = deadLetterTopic(topic);
  const lag = await driver.lag(REPLAY_GROUP, [name]);
  if (lag.every((row) => row.lag === 0)) return [];
  const settled = new Map(lag.map(({ partition, committed }) => [partition, committed]));
  const letters = await driver.read(name);
  return letters
    .filter(({ partition, offset }) => offset >= (settled.get(partition) ?? 0))
    .map((delivery) => fromDeadLetter(delivery));
}
