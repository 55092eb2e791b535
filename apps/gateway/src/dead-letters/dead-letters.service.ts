import { Injectable } from '@nestjs/common';
import { TOPICS } from '@open-chatgpt/events';
import {
  Bus,
  type DeadLetterSummary,
  settleDeadLetters,
  summarizeDeadLetters,
} from '@open-chatgpt/messaging';

const topics = TOPICS.map(({ name }) => name);

/** Messages that a service could not handle. */
@Injectable()
export class DeadLettersService {
  /** One call at a time: all replays share one consumer group. */
  private settling: Promise<unknown> = Promise.resolve();

  constructor(private readonly bus: Bus) {}

  list(): Promise<DeadLetterSummary[]> {
    return summarizeDeadLetters(this.bus.driver, topics);
  }

  settle(
    action: 'replay' | 'discard',
    ids: readonly string[],
  ): Promise<{ replayed: number; discarded: number }> {
    const settled = this.settling.then(() => settleDeadLetters(this.bus.driver, topics, ids, action));
    this.settling = settled.catch(() => undefined);
    return settled;
  }
}
