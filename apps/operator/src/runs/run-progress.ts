import type { RunEvent } from '@open-chatgpt/orchestration';
import type { TrainingRun } from '@open-chatgpt/resources';
import { factsAfter, factsOf, type RunFacts } from './progress';

interface Entry {
  facts?: RunFacts;
  /** Called when the status has the facts. */
  waiting: (() => void)[];
}

/** The latest facts of each run from its events, until the status of the run has them. */
export class RunProgress {
  private readonly entries = new Map<string, Entry>();

  /**
   * @param key of the run that the event is about
   * @returns resolves when the status has what the event says, so that the event may be committed
   */
  record(key: string, run: TrainingRun, event: RunEvent): Promise<void> {
    const entry = this.entries.get(key) ?? { facts: factsOf(run.status), waiting: [] };
    this.entries.set(key, entry);
    entry.facts = factsAfter(entry.facts, event);
    return new Promise((resolve) => entry.waiting.push(resolve));
  }

  of(run: TrainingRun): RunFacts | undefined {
    const entry = this.entries.get(`${run.metadata.namespace}/${run.metadata.name}`);
    return entry?.facts ?? factsOf(run.status);
  }

  /** The status of the run has been written. */
  written(key: string): void {
    const entry = this.entries.get(key);
    for (const resolve of entry?.waiting.splice(0) ?? []) resolve();
  }

  forget(key: string): void {
    this.written(key);
    this.entries.delete(key);
  }
}
