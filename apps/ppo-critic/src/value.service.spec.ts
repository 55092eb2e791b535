import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataOf, Dataref } from '@open-chatgpt/events';
import type { EventPublisher } from '@open-chatgpt/messaging';
import {
  allocateModel,
  initializeScoreHead,
  initializeWeights,
  parseModelConfig,
  writeModelFolder,
} from '@open-chatgpt/models';
import { parsePipeline } from '@open-chatgpt/pipeline';
import { getExperience, putExperience, putRunDescription, SharedModels } from '@open-chatgpt/ppo-exchange';
import { createRng } from '@open-chatgpt/random';
import { createLogger } from '@open-chatgpt/service';
import { type ObjectStore, openObjectStore } from '@open-chatgpt/storage';
import { ValueService } from './value.service';

type Request = DataOf<'value.update-requested'>;
type Updated = DataOf<'value.updated'>;

const MODEL = parseModelConfig(
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

const never = new AbortController().signal;
const FOLDER = 'runs/run-1/exchange/learner';

describe('the learner of the value model', () => {
  let folder: string;
  let store: ObjectStore;
  let run: Dataref;
  let experience: Dataref[];

  /** A process of the critic; `told` is what it has answered. */
  function startCritic() {
    const told: Updated[] = [];
    const events = { publish: async (_: string, data: Updated) => void told.push(data) };
    const models = new SharedModels(store, join(folder, 'cache'));
    const service = new ValueService(
      store,
      createLogger('test', 'fatal'),
      models,
      events as unknown as EventPublisher,
    );
    const bringTo = async (iteration: number, more: Partial<Request> = {}): Promise<Updated> => {
      const last = iteration === 0 ? undefined : experience[iteration - 1];
      await service.update({ runId: 'run-1', iteration, run, experience: last, save: false, ...more }, never);
      return told[told.length - 1];
    };
    return { bringTo, stop: () => service.onModuleDestroy() };
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'value-service-'));
    store = openObjectStore(join(folder, 'store'), {} as never);
    const model = allocateModel(MODEL, { scalarHead: true });
    initializeWeights(model.trained, createRng(1), 1, 0.3);
    initializeScoreHead(model.trained, createRng(2));
    const rewardModel = join(folder, 'reward');
    await writeModelFolder(rewardModel, { config: MODEL, tensors: model.trained.all, dtype: 'F32' });
    writeFileSync(join(rewardModel, 'reward_normalization.json'), '{"mean":0,"std":1}');
    const pipeline = parsePipeline(
      JSON.stringify({
        name: 'x',
        model: { path: '/m' },
        stages: [
          {
            uses: 'ppo',
            models: { rewardModel },
            with: {
              prompts: { path: '/p' },
              iterations: 4,
              rolloutBatchSize: 4,
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
    run = await putRunDescription(store, FOLDER, { pipeline, stage: 'ppo', models: {}, padTokenId: 0 });
    const random = createRng(3);
    experience = [];
    for (let iteration = 1; iteration <= 4; iteration++) {
      const samples = Array.from({ length: 4 }, () => ({
        prompt: [1, 3],
        response: [4, 5, 6].map(() => 3 + random.int(12)),
        values: Float32Array.from([0, 0, 0]),
        returns: Float32Array.from([random.normal(), random.normal(), random.normal()]),
      }));
      const previous = experience.at(-1);
      experience.push(await putExperience(store, FOLDER, { iteration, previous, samples }));
    }
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('comes to the same weights from wherever it starts', async () => {
    const undisturbed = startCritic();
    const versions: string[] = [];
    for (let iteration = 0; iteration <= 4; iteration++)
      versions.push((await undisturbed.bringTo(iteration)).model.version);
    undisturbed.stop();
    expect(new Set(versions).size).toBe(5);

    // Killed without a checkpoint: from the reward model, all updates at once.
    const restarted = startCritic();
    expect((await restarted.bringTo(3)).model.version).toBe(versions[3]);
    // The same request once more, as after a crash between the answer and the commit.
    expect((await restarted.bringTo(3)).model.version).toBe(versions[3]);
    const saved = await restarted.bringTo(3, { save: true });
    restarted.stop();
    expect(saved.model.version).toBe(versions[3]);

    // Killed after the checkpoint: from its state.
    const base = { iteration: 3, state: saved.state as Dataref };
    const after = startCritic();
    expect((await after.bringTo(3, { base, experience: undefined })).model.version).toBe(versions[3]);
    const afterwards = await putExperience(store, FOLDER, {
      iteration: 4,
      samples: (await getExperience(store, experience[3])).samples,
    });
    expect((await after.bringTo(4, { base, experience: afterwards })).model.version).toBe(versions[4]);
    // The learner of the policy was killed and starts from the checkpoint again.
    expect((await after.bringTo(3, { base, experience: undefined })).model.version).toBe(versions[3]);
    // Or from the beginning.
    expect((await after.bringTo(0)).model.version).toBe(versions[0]);
    after.stop();
  }, 60_000);

  it('leaves alone what the learner has taken away', async () => {
    const critic = startCritic();
    const gone = { ...experience[0], uri: experience[0].uri.replace('/1-', '/9-') };
    expect(await critic.bringTo(1, { experience: gone })).toBeUndefined();
    critic.stop();
  });
});
