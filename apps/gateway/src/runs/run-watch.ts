import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Bus, EventPublisher } from '@open-chatgpt/messaging';
import {
  type Run,
  runHasEnded,
  type Silence,
  type Standstill,
  standingRun,
  standstillOf,
} from '@open-chatgpt/orchestration';
import { descriptorOf } from '@open-chatgpt/pipeline';
import { LOGGER, type Logger } from '@open-chatgpt/service';
import { PipelineExecutor } from '../execution/pipeline-executor';
import { PipelineDocuments } from '../pipelines/pipeline-documents';
import { RunsService } from './runs.service';

const LOOK_MS = 10_000;

/** The last sign of a run. */
interface Sign {
  text: string;
  /** When this process saw it, in milliseconds of its clock, because the clocks of workers may differ. */
  at: number;
  alarmed: boolean;
}

/**
 * Notices runs that stand still, and those whose worker has ended, from what the documents show and who is connected to the
 * bus. Every gateway looks; the documents and the alert are the same whichever notices it first.
 */
@Injectable()
export class RunWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly signs = new Map<string, Sign>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly runs: RunsService,
    private readonly pipelines: PipelineDocuments,
    private readonly executor: PipelineExecutor,
    private readonly bus: Bus,
    private readonly events: EventPublisher,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const again = async () => {
      // Store and bus say by their own checks and alerts that they are away; nothing is known of the runs then.
      await this.look().catch(() => undefined);
      if (!this.stopping.signal.aborted) this.timer = setTimeout(again, LOOK_MS).unref();
    };
    this.timer = setTimeout(again, LOOK_MS).unref();
  }

  onApplicationShutdown(): void {
    this.stopping.abort();
    clearTimeout(this.timer);
  }

  /** Looks at all runs that have not ended. @param now in milliseconds, of a clock that nobody sets */
  async look(now = performance.now()): Promise<void> {
    const open = (await this.runs.all()).filter((run) => !runHasEnded(run));
    const ids = new Set(open.map(({ runId }) => runId));
    for (const runId of this.signs.keys()) if (!ids.has(runId)) this.signs.delete(runId);
    const connected = this.connections();
    for (const run of open) {
      const sign = this.signOf(run, now);
      const seconds = (now - sign.at) / 1000;
      const standstill = standstillOf(run, { seconds, ...(await this.absence(run, connected)) });
      await this.record(run, standstill);
      if (!standstill?.alarming || sign.alarmed) continue;
      sign.alarmed = true;
      this.alarm(run, standstill, seconds);
    }
  }

  private signOf({ runId, attempt, step, updatedAt }: Run, now: number): Sign {
    const text = `${attempt}/${step}/${updatedAt}`;
    const known = this.signs.get(runId);
    if (known?.text === text) return known;
    const sign = { text, at: now, alarmed: false };
    this.signs.set(runId, sign);
    return sign;
  }

  /** Whether a group has members, asked once for each look. */
  private connections(): (group: string) => Promise<boolean> {
    const asked = new Map<string, Promise<boolean>>();
    return (group) => {
      const answer = asked.get(group) ?? this.bus.driver.hasMembers(group);
      asked.set(group, answer);
      return answer;
    };
  }

  private async absence(
    { runId, algorithm }: Run,
    connected: (group: string) => Promise<boolean>,
  ): Promise<Pick<Silence, 'noWorker' | 'absent'>> {
    if (!this.executor.workersShareGroups) return { noWorker: false, absent: [] };
    const { service, helpers = {} } = descriptorOf(algorithm);
    const absent: string[] = [];
    for (const [group, who] of Object.entries(helpers))
      if (!(await connected(group)) && !(await connected(`${group}-${runId}`))) absent.push(who);
    return { noWorker: !(await connected(service)), absent };
  }

  private async record(run: Run, standstill: Standstill | null): Promise<void> {
    if (run.waitsFor?.message === standstill?.message) return;
    const now = new Date().toISOString();
    await this.runs.stand(run, standstill, now);
    if (run.pipelineId === undefined) return;
    await this.pipelines.changeFound(run.pipelineId, (found) => ({
      ...found,
      stages: found.stages.map((stage) => standingRun(stage, run, standstill, now)),
    }));
  }

  private alarm({ runId, stage, attempt, step }: Run, { message }: Standstill, seconds: number): void {
    this.logger.warn({ runId, step, waitsFor: message }, 'The run stands still');
    const alert = {
      name: 'RunStandsStill',
      severity: 'warning' as const,
      message: `The run has given no sign for ${Math.round(seconds)} s. It waits for ${message}`.slice(
        0,
        8192,
      ),
      ...{ runId, stage, details: { attempt, step } },
    };
    // The same id at every gateway, so that it is one alert.
    this.events
      .publish('alert.raised', alert, { id: `${runId}/stands-still/${attempt}/${step}` })
      .catch((err: Error) => this.logger.warn({ err, runId }, 'The alert cannot be published'));
  }
}
