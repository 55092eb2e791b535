import type { BusDriver } from '../driver';
import type { Delivery } from '../message';
import { type DeadLetter, deadLetterTopic, fromDeadLetter } from './dead-letter';
import { REPLAY_GROUP } from './list-dead-letters';
import { REPLAY_HEADER } from './replay-header';

export interface ReplayOptions {
  readonly topic: string;
  /** At most so many, the oldest first; all that lie there when the replay starts by default. */
  readonly limit?: number;
  /** What becomes of a letter: sent again (default), dropped for good, or left, which puts it last in the topic. */
  readonly decide?: (letter: DeadLetter) => 'replay' | 'discard' | 'keep';
}

export interface ReplayCounts {
  replayed: number;
  discarded: number;
  kept: number;
}

/**
 * Sends dead letters to their topic again, for the group that gave them up. A letter counts as dealt with once its
 * message is stored: an interrupted replay goes on where it stopped, and repeats one message at most.
 */
export async function replayDeadLetters(driver: BusDriver, options: ReplayOptions): Promise<ReplayCounts> {
  const { topic, limit = Number.POSITIVE_INFINITY, decide = () => 'replay' } = options;
  const counts: ReplayCounts = { replayed: 0, discarded: 0, kept: 0 };
  const lag = await driver.lag(REPLAY_GROUP, [deadLetterTopic(topic)]);
  const total = Math.min(
    limit,
    lag.reduce((sum, row) => sum + row.lag, 0),
  );
  await takeEach(driver, deadLetterTopic(topic), total, async (delivery) => {
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

/** So often a replay looks whether somebody else, who replays at the same time, has left it nothing. */
const LOOK_MS = 1000;

/** Takes the next `total` messages off `topic` in the name of the replay group; the first error ends it. */
async function takeEach(
  driver: BusDriver,
  topic: string,
  total: number,
  take: (delivery: Delivery) => Promise<void>,
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
      if (left <= 0) throw new Error('All that this replay wanted is taken.');
      try {
        await take(delivery);
      } catch (error) {
        left = 0;
        finish(error);
        throw error;
      }
      left -= 1;
      if (left === 0) finish();
    },
  });
  const looking = setInterval(async () => {
    const rows = await driver.lag(REPLAY_GROUP, [topic]).catch(() => null);
    if (rows?.every(({ lag }) => lag === 0)) finish();
  }, LOOK_MS);
  try {
    await finished;
  } finally {
    clearInterval(looking);
    await subscription.stop();
  }
}
