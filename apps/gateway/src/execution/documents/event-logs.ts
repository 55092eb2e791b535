import { NotFoundException } from '@nestjs/common';
import { type Run, type RunEvent, runHasEnded } from '@open-chatgpt/orchestration';
import type { HistoryWatch } from '../../runs/history-watch';
import { logOf, type RunHistory } from '../../runs/run-history';
import type { RunsService } from '../../runs/runs.service';
import { type LogSelection, RunLogs } from '../run-logs';

/** The workers of a platform without a cluster print into one log, so the log of a run is that of its events. */
export class EventLogs extends RunLogs {
  constructor(
    private readonly history: RunHistory,
    private readonly watches: HistoryWatch,
    private readonly runs: RunsService,
  ) {
    super();
  }

  async *read(
    run: Run,
    { attempt = run.attempt, role, follow, tail }: LogSelection,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    if (attempt > run.attempt)
      throw new NotFoundException(`the run "${run.runId}" has been started ${run.attempt} times`);
    const isWanted = ({ data }: RunEvent) =>
      data.runId === run.runId && role === 'trainer' && 'attempt' in data && data.attempt === attempt;
    const before: string[] = [];
    let position: string | undefined;
    for await (const logged of this.history.read(logOf(run))) {
      position = logged[logged.length - 1].position;
      before.push(...logged.filter(({ entry }) => isWanted(entry)).map(({ entry }) => lineOf(entry)));
    }
    yield* tail === undefined ? before : before.slice(-tail);
    if (!follow || attempt < run.attempt) return;
    const look = async () => ({
      ...(runHasEnded(await this.runs.get(run.runId)) && { end: { type: 'end', data: run } }),
      runs: [],
    });
    for await (const events of this.watches.follow({ log: logOf(run), isWanted, look }, position, signal))
      for (const { type, data } of events)
        if (type !== 'end') yield lineOf({ type, data, time: new Date().toISOString() } as RunEvent);
  }
}

function lineOf({ time, type, data }: Pick<RunEvent, 'time' | 'type' | 'data'>): string {
  const { runId: _, pipelineId: __, stage: ___, algorithm: ____, ...own } = data;
  return `${time} ${type} ${JSON.stringify(own)}`;
}
