import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Provider } from '@nestjs/common';
import { EventPublisher } from '@open-chatgpt/messaging';
import { fetchBuiltinModel } from '@open-chatgpt/models';
import type { StageName } from '@open-chatgpt/rlhf';
import { CONFIG, OBJECT_STORE, type ServiceConfig } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { StageWorker } from './stage-worker';

/** The worker of one stage, for the service of that stage. */
export function stageWorkerProvider(stage: StageName): Provider {
  return {
    provide: StageWorker,
    inject: [CONFIG, OBJECT_STORE, EventPublisher],
    useFactory: (config: ServiceConfig, store: ObjectStore, events: EventPublisher) => {
      const workDir = resolve(config.workDir);
      return new StageWorker({
        stage,
        store,
        cacheDir: join(workDir, 'cache'),
        tell: async ({ type, data }) => {
          await events.publish(type, data);
        },
        // Stages that share a machine share the folder of their pipeline, and so one report.
        folderOf: ({ runId, pipelineId }) => join(workDir, 'runs', pipelineId ?? runId),
        worker: `${hostname()}/${process.pid}`,
        resolveBuiltin: (name) => fetchBuiltinModel(name),
      });
    },
  };
}
