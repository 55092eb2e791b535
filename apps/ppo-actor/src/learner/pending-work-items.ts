import type { DataOf } from '@open-chatgpt/events';
import { StepAbandoned } from '@open-chatgpt/training';

type Request = DataOf<'rollout.requested'>;
type Scored = DataOf<'experience.scored'>;

/** How a work item ended: with what the critic made of it, or given up for this reason. */
export type Outcome = { scored: Scored } | { error: string };

interface OpenItem {
  request: Request;
  outcome?: Outcome;
  /** Somebody waits for it. */
  settle?: (outcome: Outcome) => void;
}

/** The work items that were asked for and not learned from yet. The first answer to an item counts, others are none. */
export class PendingWorkItems {
  private readonly items = new Map<string, OpenItem>();

  add(request: Request): void {
    this.items.set(request.itemId, { request });
  }

  /** Requests that got no answer yet. */
  get unanswered(): Request[] {
    return [...this.items.values()].flatMap(({ request, outcome }) => (outcome ? [] : [request]));
  }

  /** @returns false when nobody asked, or it was answered before */
  settle(itemId: string, outcome: Outcome): boolean {
    const item = this.items.get(itemId);
    if (!item || item.outcome) return false;
    item.outcome = outcome;
    item.settle?.(outcome);
    return true;
  }

  /**
   * The outcomes of these items, which are closed with that.
   * @throws StepAbandoned when `signal` is aborted before
   */
  async collect(itemIds: readonly string[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes = itemIds.map((itemId) => this.outcomeOf(itemId));
    let abandon = () => {};
    const aborted = new Promise<never>((_, reject) => {
      abandon = () => reject(new StepAbandoned());
      if (signal.aborted) abandon();
      else signal.addEventListener('abort', abandon, { once: true });
    });
    try {
      return await Promise.race([Promise.all(outcomes), aborted]);
    } finally {
      signal.removeEventListener('abort', abandon);
      for (const itemId of itemIds) this.items.delete(itemId);
    }
  }

  private outcomeOf(itemId: string): Promise<Outcome> {
    const item = this.items.get(itemId);
    if (!item) throw new Error(`work item ${itemId} was never asked for`);
    return new Promise((resolve) => {
      if (item.outcome) resolve(item.outcome);
      else item.settle = resolve;
    });
  }
}
