import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataref } from '@open-chatgpt/events';
import type { EventPublisher } from '@open-chatgpt/messaging';
import {
  allocateModel,
  initializeScoreHead,
  initializeWeights,
  type Model,
  parseModelConfig,
  writeModelFolder,
} from '@open-chatgpt/models';
import { parsePipeline } from '@open-chatgpt/pipeline';
import { putRunDescription, WorkerServices } from '@open-chatgpt/ppo-exchange';
import { createRng } from '@open-chatgpt/random';
import { createLogger, MetricsService, type ServiceConfig } from '@open-chatgpt/service';
import { type ObjectStore, openObjectStore } from '@open-chatgpt/storage';

const CONFIG = parseModelConfig(
  {
    model_type: 'llama',
    vocab_size: 16,
    hidden_size: 16,
    intermediate_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 32,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: true,
    hidden_act: 'silu',
    bos_token_id: 1,
    eos_token_id: 2,
  },
  'test model',
);

/** Folder of the learner in the store. */
export const LEARNER = 'runs/run-1/exchange/learner';

/** A PPO run with a tiny reward model, as the critic sees it. */
export interface TinyCritic {
  store: ObjectStore;
  /** Description of the run. */
  run: Dataref;
  rewardModel: Model;
  /** The services of a new process. What it publishes is appended to `published`. */
  startProcess(published: unknown[]): WorkerServices;
  remove(): void;
}

export async function createTinyCritic(): Promise<TinyCritic> {
  const folder = mkdtempSync(join(tmpdir(), 'tiny-critic-'));
  const store = openObjectStore(join(folder, 'store'));
  const rewardModel = allocateModel(CONFIG, { scalarHead: true });
  initializeWeights(rewardModel.trained, createRng(1), 1, 0.3);
  initializeScoreHead(rewardModel.trained, createRng(2));
  const path = join(folder, 'reward');
  await writeModelFolder(path, { config: CONFIG, tensors: rewardModel.trained.all, dtype: 'F32' });
  writeFileSync(join(path, 'reward_normalization.json'), '{"mean":0,"std":1}');
  const pipeline = parsePipeline(
    JSON.stringify({
      name: 'x',
      model: { path: '/m' },
      stages: [
        {
          uses: 'ppo',
          models: { rewardModel: path },
          with: {
            prompts: { path: '/p' },
            iterations: 4,
            rolloutBatchSize: 4,
            localRolloutForwardBatchSize: 2,
            perDeviceTrainBatchSize: 2,
            learningRate: 0.01,
            maxPromptLength: 4,
            responseLength: 4,
          },
        },
      ],
    }),
    'test',
  );
  const run = await putRunDescription(store, LEARNER, { pipeline, stage: 'ppo', models: {}, padTokenId: 0 });
  return {
    store,
    run,
    rewardModel,
    startProcess: (published) => {
      const publish = async (_: string, data: unknown) => void published.push(data);
      return new WorkerServices(
        { workDir: join(folder, 'work') } as ServiceConfig,
        store,
        createLogger('test', 'fatal'),
        { publish } as unknown as EventPublisher,
        new MetricsService(),
      );
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
