import type { BusDriver } from '../driver';
import { listDeadLetters } from './list-dead-letters';
import { type ReplayCounts, replayDeadLetters } from './replay-dead-letters';
import { type DeadLetterSummary, summarize } from './summarize';

/** The dead letters of several topics, the oldest first within each topic. */
export async function summarizeDeadLetters(
  driver: BusDriver,
  topics: readonly string[],
): Promise<DeadLetterSummary[]> {
  const letters = await Promise.all(topics.map((topic) => listDeadLetters(driver, topic)));
  return letters.flat().map(summarize);
}

/**
 * Replays or discards the dead letters with these ids, and keeps all others. Unknown ids are ignored.
 * @returns how many letters were replayed and discarded
 */
export async function settleDeadLetters(
  driver: BusDriver,
  topics: readonly string[],
  ids: readonly string[],
  action: 'replay' | 'discard',
): Promise<Pick<ReplayCounts, 'replayed' | 'discarded'>> {
  const wanted = new Set(ids);
  const counts = { replayed: 0, discarded: 0 };
  for (const topic of topics) {
    const letters = await listDeadLetters(driver, topic);
    // Stop after the last wanted letter, because each letter that is skipped moves to the end of the topic.
    const limit = letters.findLastIndex((letter) => wanted.has(summarize(letter).id)) + 1;
    if (limit === 0) continue;
    const { replayed, discarded } = await replayDeadLetters(driver, {
      topic,
      limit,
      decide: (letter) => (wanted.has(summarize(letter).id) ? action : 'keep'),
    });
    counts.replayed += replayed;
    counts.discarded += discarded;
  }
  return counts;
}
