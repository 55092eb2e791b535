import { randomBytes } from 'node:crypto';
import { contractOf, type DataOf, fromMessage } from '@open-chatgpt/events';
import { type Bus, type DeadLetter, type Subscription, watchDeadLetters } from '@open-chatgpt/messaging';
import { ROLLOUT_GROUP, SCORING_GROUP, VALUE_LEARNER_GROUP } from '@open-chatgpt/ppo-exchange';

export interface RunListener {
  onScored(data: DataOf<'experience.scored'>): void;
  onValueUpdated(data: DataOf<'value.updated'>): void;
  /** A work item of this key became a dead letter. */
  onItemGivenUp(itemId: string, error: string): void;
  /** A request to the value learner became a dead letter. */
  onValueGivenUp(error: string): void;
}

const topicOf = (type: Parameters<typeof contractOf>[0]) => contractOf(type).topic;

/** The groups whose dead letters are of a run's work; others may read the same topics for purposes of their own. */
const WORKERS = [ROLLOUT_GROUP, SCORING_GROUP, VALUE_LEARNER_GROUP];

/**
 * Tells what is answered to one run from now on. The group is new each time: a learner that was killed must not be waited
 * for, and what was answered to it is of no use to its successor.
 * @returns ends it
 */
export async function listenToRun(
  bus: Bus,
  runId: string,
  listener: RunListener,
): Promise<() => Promise<void>> {
  const group = `ppo-learner-${runId}-${randomBytes(4).toString('hex')}`;
  const answers = bus.subscribe({
    group,
    topics: [topicOf('experience.scored'), topicOf('value.updated')],
    handler: async (delivery) => {
      if (delivery.key !== runId) return;
      const event = fromMessage(delivery);
      if (event.type === 'experience.scored') listener.onScored(event.data);
      else if (event.type === 'value.updated') listener.onValueUpdated(event.data);
    },
  });
  const letters = watchDeadLetters(
    bus.driver,
    {
      group: `${group}-dead-letters`,
      topics: [topicOf('rollout.requested'), topicOf('rollout.generated'), topicOf('value.update-requested')],
    },
    (letter) => tellDeadLetter(letter, runId, listener),
  );
  const subscriptions: Subscription[] = await Promise.all([answers, letters]);
  return async () => {
    await Promise.all(subscriptions.map((subscription) => subscription.stop()));
  };
}

function tellDeadLetter({ message, group, error }: DeadLetter, runId: string, listener: RunListener): void {
  if (!WORKERS.includes(group)) return;
  const key = message.key ?? '';
  if (key === runId) listener.onValueGivenUp(error);
  else if (key.startsWith(`${runId}/`)) listener.onItemGivenUp(key.slice(runId.length + 1), error);
}
