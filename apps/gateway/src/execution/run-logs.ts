import type { Run } from '@open-chatgpt/orchestration';

export interface LogSelection {
  /** Number of the start of the run; the latest one by default. */
  attempt?: number;
  /** The processes that execute the run: trainer, and for PPO rollout and critic. */
  role: 'trainer' | 'rollout' | 'critic';
  /** Goes on until the run has ended. */
  follow: boolean;
  /** Only this many of the last lines that exist. */
  tail?: number;
}

/** Where the logs of runs are: what the pods print, or on one machine the events of the run. */
export abstract class RunLogs {
  /** @throws HttpException before the first line, when there is no such log (any more) */
  abstract read(run: Run, selection: LogSelection, signal: AbortSignal): AsyncIterable<string>;
}
