import { join, resolve } from 'node:path';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { EventPublisher } from '@open-chatgpt/messaging';
import { checkEngine } from '@open-chatgpt/runtime';
import {
  CONFIG,
  checkWritable,
  LOGGER,
  type Logger,
  MetricsService,
  OBJECT_STORE,
  type ServiceConfig,
} from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { RunExecutor, type RunExecutorOptions } from './run-executor';
import { SharedModels } from './shared-models';

/** Everything that a service needs to work on PPO runs. */
@Injectable()
export class WorkerServices implements OnModuleDestroy {
  readonly models: SharedModels;
  private readonly executors: Pick<RunExecutor<object>, 'close'>[] = [];

  constructor(
    @Inject(CONFIG) { workDir }: ServiceConfig,
    @Inject(OBJECT_STORE) readonly store: ObjectStore,
    @Inject(LOGGER) readonly logger: Logger,
    readonly events: EventPublisher,
    readonly metrics: MetricsService,
  ) {
    checkEngine();
    checkWritable('workDir', workDir);
    this.models = new SharedModels(store, join(resolve(workDir), 'cache'));
  }

  /** An executor that closes its runs when the service stops. */
  createExecutor<RunContext extends object>(
    options: Pick<RunExecutorOptions<RunContext>, 'kind' | 'open' | 'idleMs'>,
  ): RunExecutor<RunContext> {
    const { store, logger } = this;
    const executor = new RunExecutor({ store, logger, ...options });
    this.executors.push(executor);
    return executor;
  }

  onModuleDestroy(): void {
    for (const executor of this.executors) executor.close();
  }
}
