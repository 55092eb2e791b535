import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Provider, Type } from '@nestjs/common';
import { fetchBuiltinModel } from '@open-chatgpt/download';
import { EventPublisher } from '@open-chatgpt/messaging';
import type { AlgorithmName } from '@open-chatgpt/pipeline';
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
import { importOnce, type ObjectStore } from '@open-chatgpt/storage';
import { createEventLog } from './event-log';
import { idOf } from './outgoing-events';
import { RunMetrics } from './run-metrics';
import { type StageVariation, StageWorker } from './stage-worker';

/**
 * The worker of one algorithm, for the service of that algorithm.
 * @param variation a provider that says what the service does otherwise
 */
export function stageWorkerProvider(algorithm: AlgorithmName, variation?: Type<StageVariation>): Provider {
  return {
    provide: StageWorker,
    inject: [CONFIG, LOGGER, OBJECT_STORE, EventPublisher, MetricsService, ...(variation ? [variation] : [])],
    useFactory: (
      config: ServiceConfig,
      logger: Logger,
      store: ObjectStore,
      events: EventPublisher,
      metricsService: MetricsService,
      varied?: StageVariation,
    ) => {
      checkEngine();
      checkWritable('workDir', config.workDir);
      if (config.runsDir !== undefined) checkWritable('runsDir', config.runsDir);
      const workDir = resolve(config.workDir);
      const cacheDir = join(workDir, 'cache');
      const runsDir = resolve(config.runsDir ?? join(workDir, 'runs'));
      const metrics = new RunMetrics(metricsService);
      const logEvents = createEventLog(logger);
      return new StageWorker({
        algorithm,
        variation: varied,
        store,
        cacheDir,
        publish: async (outgoing) => {
          await events.publishAll(
            outgoing.map((event) => events.create(event.type, event.data, { id: idOf(event) })),
          );
          metrics.observe(outgoing);
          logEvents(outgoing);
        },
        // Stages that share a machine share the folder of their pipeline, and so one report.
        folderOf: ({ runId, pipelineId }) => join(runsDir, pipelineId ?? runId),
        ranksDir: join(workDir, 'ranks'),
        worker: `${hostname()}/${process.pid}`,
        resolveBuiltin: (name) =>
          importOnce(store, `models/builtin/${name}`, cacheDir, () => fetchBuiltinModel(name)),
      });
    },
  };
}
