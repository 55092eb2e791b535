import type { DynamicModule } from '@nestjs/common';
import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import type { ProcessGroup } from '@open-chatgpt/runtime';
import {
  HealthService,
  PlatformModule,
  type RunningService,
  type ServiceConfig,
  startService,
  withLogContext,
} from '@open-chatgpt/service';
import { oneRunRules } from '../attempt-rules';
import { causeOf } from '../failure-cause';
import { RankFollower } from '../ranks/rank-follower';
import { RankLeader } from '../ranks/rank-leader';
import type { RunPosition } from '../run-end';
import { StageWorker } from '../stage-worker';
import type { OneRunConfig } from './one-run-config';
import { interrupted, type OneRunEnd, ofError, ofRunEnd, unavailable } from './one-run-end';
import type { RunRequest } from './request-file';
import { watchServices } from './service-watch';
import type { StopSignal } from './stop-signal';

export interface OneRunOptions {
  algorithm: AlgorithmName;
  config: ServiceConfig & OneRunConfig;
  /** Provides the `StageWorker`. */
  module: DynamicModule;
  /** Whether its loop waits for the bus and the store in every step. */
  waitsForServices: boolean;
  request: RunRequest;
  stop: StopSignal;
  /** The ranks that execute the run together; null for this process alone. */
  group: ProcessGroup | null;
}

/**
 * Executes one run. Health and metrics are served meanwhile; the process joins no group of the bus that receives requests.
 * Every wait is limited: for a store and bus that do not respond, and for the end after a signal.
 */
export class OneRun {
  private running?: RunningService;
  private position: () => RunPosition | undefined = () => undefined;
  private readonly giveUp = new AbortController();
  /** Aborted when the run must stop, for whatever reason. */
  private readonly stopping: AbortSignal;
  private readonly ended = new AbortController();
  private leader?: RankLeader;

  constructor(private readonly options: OneRunOptions) {
    this.stopping = AbortSignal.any([options.stop.signal, this.giveUp.signal]);
  }

  /** The service, once it has started. */
  get service(): RunningService | undefined {
    return this.running;
  }

  /** @throws Error when the service cannot start and neither the machine nor another service is the cause */
  async execute(): Promise<OneRunEnd> {
    try {
      const end = await Promise.race([this.work(), this.late()]);
      this.leader?.end(end);
      return end;
    } finally {
      this.ended.abort();
    }
  }

  private async work(): Promise<OneRunEnd> {
    const { request, stop, waitsForServices, group } = this.options;
    let endWatch = () => {};
    try {
      const { app } = await this.start();
      const health = app.get(HealthService);
      stop.signal.addEventListener('abort', () => health.stop());
      if (waitsForServices)
        endWatch = watchServices(health, this.patienceMs, (reason) => this.giveUp.abort(reason));
      const worker = app.get(StageWorker);
      const execute = group?.rank ? () => this.follow(worker, group) : () => this.lead(worker);
      return await withLogContext({ runId: request.data.runId }, execute);
    } catch (error) {
      if (this.stopping.aborted) return this.stoppedEnd();
      if (!this.running && causeOf(error) === 'run') throw error;
      return ofError(error, this.position());
    } finally {
      endWatch();
    }
  }

  /** Claims the run and executes it, when all its ranks are here. */
  private async lead(worker: StageWorker): Promise<OneRunEnd> {
    const { request, group } = this.options;
    const ranks = group ? await this.meet(group) : undefined;
    const rules = oneRunRules(this.patienceMs, (position) => {
      this.position = position;
    });
    return ofRunEnd(await worker.execute(request.data, this.stopping, rules, ranks));
  }

  private async meet(group: ProcessGroup): Promise<RankLeader> {
    const { stop } = this.options;
    this.leader = new RankLeader(group, {
      onStop: (number) => stop.receive(number),
      onLost: (reason) => this.giveUp.abort(reason),
    });
    await this.leader.meet(this.stopping, this.patienceMs);
    return this.leader;
  }

  /** Executes the run as rank 0 says. */
  private async follow(worker: StageWorker, group: ProcessGroup): Promise<OneRunEnd> {
    const { request, stop } = this.options;
    const follower = await RankFollower.join(group, this.stopping, this.patienceMs);
    stop.signal.addEventListener('abort', () => follower.askToStop(stop.number));
    return worker.follow(request.data, follower, this.patienceMs);
  }

  private async start(): Promise<RunningService> {
    const { algorithm, config, module } = this.options;
    const { service } = descriptorOf(algorithm);
    const modules = [PlatformModule.forRoot(service, config), module];
    this.running = await startService(service, config, modules, {}, undefined, false);
    return this.running;
  }

  /** The end of a process that takes too long to start or to stop. What it has not saved, another one repeats. */
  private late(): Promise<OneRunEnd> {
    const { patienceSeconds, stopSeconds } = this.options.config;
    return new Promise((resolve) => {
      const starting = setTimeout(() => {
        if (!this.running)
          resolve(unavailable(`the bus did not respond within ${patienceSeconds} s; the run was not begun`));
      }, this.patienceMs);
      let stopping: NodeJS.Timeout | undefined;
      const stop = () => {
        const limitMs = this.running ? stopSeconds * 1000 : 0;
        stopping = setTimeout(() => resolve(this.stoppedEnd()), limitMs);
      };
      if (this.stopping.aborted) stop();
      else this.stopping.addEventListener('abort', stop, { once: true });
      this.ended.signal.addEventListener('abort', () => {
        clearTimeout(starting);
        clearTimeout(stopping);
      });
    });
  }

  private stoppedEnd(): OneRunEnd {
    const { stop } = this.options;
    if (stop.signal.aborted) return interrupted(stop.number, this.position());
    return unavailable(String(this.giveUp.signal.reason), this.position());
  }

  private get patienceMs(): number {
    return this.options.config.patienceSeconds * 1000;
  }
}
