import type { RunEvent } from '@open-chatgpt/orchestration';
import type { TrainingRun } from '@open-chatgpt/resources';
import { factsAfter, factsOf, type RunFacts } from './progress';

interface Entry {
  facts?: RunFacts;
  /** Called when the status has the facts. */
  waiting: (() => void)[];
}

/** The latest facts of each active run from its events, until the status of the run has them. */
export class RunProgress {
  /** By uid: a run that was deleted and made again under its name begins without facts. */
  private readonly entries = new Map<string, Entry>();

  /** @returns resolves when the status has what the event says, so that the event may be committed */
  record(run: TrainingRun, event: RunEvent): Promise<void> {
    const entry = this.entries.get(run.metadata.uid) ?? { facts: factsOf(run.status), waiting: [] };
    this.entries.set(run.metadata.uid, entry);
    entry.facts = factsAfter(entry.facts, event);
    return new Promise((resolve) => entry.waiting.push(resolve));
  }

  /** The facts now. `written` must be called when the status has exactly them: later events wait for the next write. */
  of(run: TrainingRun): { facts?: RunFacts; written: () => void } {
    const entry = this.entries.get(run.metadata.uid);
    const included = entry?.waiting.length ?? 0;
    return {
      facts: entry?.facts ?? factsOf(run.status),
      written: () => {
        for (const resolve of entry?.waiting.splice(0, included) ?? []) resolve();
      },
    };
  }

  /** The run has ended, or is gone. */
  forget(uid: string): void {
    for (const resolve of this.entries.get(uid)?.waiting ?? []) resolve();
    this.entries.delete(uid);
  }
}
