import type { BusDriver } from '../driver';
import type { Delivery } from '../message';
import { type DeadLetter, deadLetterTopic, fromDeadLetter } from './dead-letter';
import { REPLAY_GROUP } from './list-dead-letters';
import { REPLAY_HEADER } from './replay-header';

export interface ReplayOptions {
  readonly topic: string;
  /** The maximum number of letters, the oldest first; by default all that the topic holds when the replay starts. */
  readonly limit?: number;
  /** The action for a letter: publish it again (default), drop it, or keep it, which moves it to the end of the topic. */
  readonly decide?: (letter: DeadLetter) => 'replay' | 'discard' | 'keep';
}

export interface ReplayCounts {
  replayed: number;
  discarded: number;
  kept: number;
}

/**
 * Publishes dead letters to their topic again, for the group that could not handle them. A letter is settled once its
 * message is stored. The next replay continues after an interrupted one, and repeats at most one message.
 */
export async function replayDeadLetters(driver: BusDriver, options: ReplayOptions): Promise<ReplayCounts> {
  const { topic, limit = Number.POSITIVE_INFINITY, decide = () => 'replay' } = options;
  const counts: ReplayCounts = { replayed: 0, discarded: 0, kept: 0 };
  const lag = await driver.lag(REPLAY_GROUP, [deadLetterTopic(topic)]);
  const total = Math.min(
    limit,
    lag.reduce((sum, row) => sum + row.lag, 0),
  );
  await consumeEach(driver, deadLetterTopic(topic), total, async (delivery) => {
    const letter = fromDeadLetter(delivery);
    const decision = decide(letter);
    if (decision === 'replay') {
      const headers = { ...letter.message.headers, [REPLAY_HEADER]: letter.group };
      await driver.publish([{ ...letter.message, headers }]);
      counts.replayed += 1;
    } else if (decision === 'keep') {
      await driver.publish([delivery]);
      counts.kept += 1;
    } else {
      counts.discarded += 1;
    }
  });
  return counts;
}

/** How often a replay checks whether a concurrent replay has settled the remaining letters. */
const CHECK_MS = 1000;

/** Consumes the next `total` messages of `topic` as a member of the replay group; the first error ends it. */
async function consumeEach(
  driver: BusDriver,
  topic: string,
  total: number,
  consume: (delivery: Delivery) => Promise<void>,
): Promise<void> {
  if (total <= 0) return;
  let left = total;
  let finish: (error?: unknown) => void = () => undefined;
  const finished = new Promise<void>((resolve, reject) => {
    finish = (error) => (error ? reject(error) : resolve());
  });
  const subscription = await driver.subscribe({
    group: REPLAY_GROUP,
    topics: [topic],
    fromBeginning: true,
    handler: async (delivery) => {
      if (left <= 0) throw new Error('The replay has reached its limit.');
      try {
        await consume(delivery);
      } catch (error) {
        left = 0;
        finish(error);
        throw error;
      }
      left -= 1;
      if (left === 0) finish();
    },
  });
  const checking = setInterval(async () => {
    const rows = await driver.lag(REPLAY_GROUP, [topic]).catch(() => null);
    if (rows?.every(({ lag }) => lag === 0)) finish();
  }, CHECK_MS);
  try {
    await finished;
  } finally {
    clearInterval(checking);
    await subscription.stop();
  }
}
