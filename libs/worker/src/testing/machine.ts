import { join } from 'node:path';
import type { DataOf, EventType } from '@open-chatgpt/events';
import type { AlgorithmName } from '@open-chatgpt/pipeline';
import type { ObjectStore } from '@open-chatgpt/storage';
import type { AttemptRules } from '../attempt-rules';
import type { OutgoingEvent } from '../outgoing-events';
import type { RunEnd } from '../run-end';
import { StageWorker } from '../stage-worker';

/** A worker with its own disk, and the events that it published. */
export class Machine {
  readonly published: OutgoingEvent[] = [];
  readonly worker: StageWorker;
  /** Called with each event before it counts as published. */
  onPublish: (event: OutgoingEvent) => void | Promise<void> = () => undefined;

  constructor(
    readonly folder: string,
    store: ObjectStore,
    name = 'machine',
    private readonly algorithm: AlgorithmName = 'sft',
  ) {
    this.worker = new StageWorker({
      algorithm,
      store,
      cacheDir: join(folder, 'cache'),
      publish: async (events) => {
        for (const event of events) {
          await this.onPublish(event);
          this.published.push(event);
        }
      },
      folderOf: ({ runId }) => join(folder, 'runs', runId),
      ranksDir: join(folder, 'ranks'),
      worker: name,
      process: name,
      resolveBuiltin: async (builtin) => {
        throw new Error(`there is no built-in model "${builtin}"`);
      },
    });
  }

  execute(
    data: DataOf<'run.requested'>,
    signal: AbortSignal = new AbortController().signal,
    rules?: AttemptRules,
  ): Promise<RunEnd> {
    return this.worker.execute(data, signal, rules);
  }

  /** This machine receives a request to stop the run. */
  cancel(runId: string, generation = 0): Promise<void> {
    return this.worker.cancel({ runId, generation, stage: this.algorithm, algorithm: this.algorithm });
  }

  all<T extends EventType>(type: T): DataOf<T>[] {
    return this.published.flatMap((event) => (event.type === type ? [event.data as DataOf<T>] : []));
  }

  only<T extends EventType>(type: T): DataOf<T> {
    const found = this.all(type);
    if (found.length !== 1) throw new Error(`${type} was published ${found.length} times`);
    return found[0];
  }
}
