import type { DataOf } from '@open-chatgpt/events';
import { type RolloutBatch, StepAbandoned } from '@open-chatgpt/training';

/** A request to rollout workers for one or several rollout batches. */
export interface WorkItem {
  request: DataOf<'rollout.requested'>;
  batches: readonly RolloutBatch[];
}

/** What became of a work item: its experience, or the reason why it is a dead letter. */
export type Outcome = { scored: DataOf<'experience.scored'> } | { error: string };

interface PendingItem extends WorkItem {
  outcome?: Outcome;
  /** Resolves the promise of `collect`. */
  settle?: (outcome: Outcome) => void;
}

/** The work items that were requested and not collected yet. The first answer to an item counts. */
export class PendingWorkItems {
  private readonly items = new Map<string, PendingItem>();

  add(item: WorkItem): void {
    this.items.set(item.request.itemId, { ...item });
  }

  get unanswered(): WorkItem[] {
    return [...this.items.values()].filter(({ outcome }) => !outcome);
  }

  /** @returns false when the item is not pending, or has an outcome already */
  settle(itemId: string, outcome: Outcome): boolean {
    const item = this.items.get(itemId);
    if (!item || item.outcome) return false;
    item.outcome = outcome;
    item.settle?.(outcome);
    return true;
  }

  /**
   * Waits for the outcomes of the items of these batches, which were requested together. They are no longer pending then.
   * @param read called with the outcome of an item as soon as there is one
   * @returns what `read` gave, in the order of the items
   * @throws StepAbandoned when `signal` is aborted before
   */
  async collect<T>(
    batches: readonly RolloutBatch[],
    read: (item: WorkItem, outcome: Outcome) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T[]> {
    const ids = new Set(batches.map(({ id }) => id));
    const items = [...this.items.values()].filter((item) => item.batches.every(({ id }) => ids.has(id)));
    const found = items.reduce((sum, item) => sum + item.batches.length, 0);
    if (found !== batches.length)
      throw new Error(`${batches.length - found} of ${batches.length} rollout batches were not requested`);
    let abandon = () => {};
    const aborted = new Promise<never>((_, reject) => {
      abandon = () => reject(new StepAbandoned());
      if (signal.aborted) abandon();
      else signal.addEventListener('abort', abandon, { once: true });
    });
    try {
      const results = items.map(async (item) => read(item, await outcomeOf(item)));
      return await Promise.race([Promise.all(results), aborted]);
    } finally {
      signal.removeEventListener('abort', abandon);
      for (const { request } of items) this.items.delete(request.itemId);
    }
  }
}

async function outcomeOf(item: PendingItem): Promise<Outcome> {
  return (
    item.outcome ??
    new Promise((resolve) => {
      item.settle = resolve;
    })
  );
}
