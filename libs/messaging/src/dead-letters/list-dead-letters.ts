import type { BusDriver } from '../driver';
import { type DeadLetter, deadLetterTopic, fromDeadLetter } from './dead-letter';

/** The group whose offsets tell which dead letters were dealt with. */
export const REPLAY_GROUP = 'open-chatgpt-dlq-replay';

/** The dead letters of `topic` that nobody replayed or discarded yet, oldest first; none where it never had any. */
export async function listDeadLetters(driver: BusDriver, topic: string): Promise<DeadLetter[]> {
  const name = deadLetterTopic(topic);
  const lag = await driver.lag(REPLAY_GROUP, [name]);
  if (lag.every((row) => row.lag === 0)) return [];
  const dealtWith = new Map(lag.map(({ partition, committed }) => [partition, committed]));
  const letters = await driver.read(name);
  return letters
    .filter(({ partition, offset }) => offset >= (dealtWith.get(partition) ?? 0))
    .map((delivery) => fromDeadLetter(delivery));
}
