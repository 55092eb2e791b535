import { randomBytes } from 'node:crypto';
import { contractOf, type DataOf, fromMessage } from '@open-chatgpt/events';
import { type Bus, type DeadLetter, type Subscription, watchDeadLetters } from '@open-chatgpt/messaging';
import { worksOn } from '@open-chatgpt/ppo-exchange';

export interface RunListener {
  onScored(data: DataOf<'experience.scored'>): void;
  onValueUpdated(data: DataOf<'value.updated'>): void;
  /** A work item became a dead letter. */
  onItemFailed(itemId: string, error: string): void;
  /** A request to the value learner became a dead letter. */
  onValueUpdateFailed(error: string): void;
}

const topicOf = (type: Parameters<typeof contractOf>[0]) => contractOf(type).topic;

/**
 * Passes the answers to one run to the listener, from now on. Each learner has a new consumer group: it need not wait
 * until the broker gives up the group of a learner that was killed, and skips the answers to that learner.
 * @returns ends the subscription
 */
export async function subscribeToRun(
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
    (letter) => passOn(letter, runId, listener),
  );
  const subscriptions: Subscription[] = await Promise.all([answers, letters]);
  return async () => {
    await Promise.all(subscriptions.map((subscription) => subscription.stop()));
  };
}

function passOn({ message, group, error }: DeadLetter, runId: string, listener: RunListener): void {
  // Dead letters of other groups on the same topics do not concern the learner.
  if (!worksOn(group, runId)) return;
  const key = message.key ?? '';
  if (key === runId) listener.onValueUpdateFailed(error);
  else if (key.startsWith(`${runId}/`)) listener.onItemFailed(key.slice(runId.length + 1), error);
}
