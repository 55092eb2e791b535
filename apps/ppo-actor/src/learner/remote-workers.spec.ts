import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractOf, type DataOf, type EventType, fromMessage } from '@open-chatgpt/events';
import { Bus, EmbeddedDriver, EventPublisher, eventTopics } from '@open-chatgpt/messaging';
import { parsePipeline, type StageSettings } from '@open-chatgpt/pipeline';
import { getPrompts, putExperience, ROLLOUT_GROUP, VALUE_LEARNER_GROUP } from '@open-chatgpt/ppo-exchange';
import { ParameterStore } from '@open-chatgpt/runtime';
import { createLogger, MetricsService } from '@open-chatgpt/service';
import { type ObjectStore, openObjectStore } from '@open-chatgpt/storage';
import type { DroppedSample, RolloutBatch, SamplePrompt, ScoredRollout } from '@open-chatgpt/training';
import { RemoteWorkers } from './remote-workers';

type Request = DataOf<'rollout.requested'>;
type Scored = DataOf<'experience.scored'>;
type ValueRequest = DataOf<'value.update-requested'>;

const VALUE = 'ab'.repeat(32);
const reference = { uri: 'file:///nowhere/value', sha256: VALUE, size: 1, version: '1' };

/** A scored response of `length` tokens. */
function scoredSample({ sampleId, ...prompt }: SamplePrompt, length = 2): ScoredRollout {
  const perToken = Float32Array.from({ length }, (_, i) => 1 / (i + 3));
  return {
    ...prompt,
    id: sampleId,
    response: Array.from({ length }, (_, i) => i),
    endsWithEos: true,
    logProbs: perToken,
    refLogProbs: perToken,
    score: 1,
    kl: 0,
    values: perToken,
    advantages: Float64Array.from(perToken),
    returns: Float64Array.from(perToken),
  };
}

describe('the learner among services', () => {
  let folder: string;
  let store: ObjectStore;
  let bus: Bus;
  let events: EventPublisher;
  let workers: RemoteWorkers;
  let stop: AbortController;
  /** The answers of rollout workers and critic to a request, which they received `times` times. */
  let answer: (request: Request, times: number) => Promise<Scored[]>;
  /** Whether the value model can be trained. */
  let canTrain: (request: ValueRequest) => boolean;
  const requested: Request[] = [];
  /** Bytes of the messages about rollouts and experience. */
  const sizes: number[] = [];

  const batch = (number: number, more: Partial<RolloutBatch> = {}): RolloutBatch => ({
    id: `1-${number}`,
    iteration: 1,
    evaluation: false,
    klCoef: 0.05,
    seed: 7,
    firstIndex: 2 * number,
    prompts: [0, 1].map((i) => ({ sampleId: 2 * number + i, promptIndex: i, prompt: [1, 2] })),
    ...more,
  });
  const batches = (count: number) => Array.from({ length: count }, (_, number) => batch(number));

  const scoredBy = async (
    { runId, itemId, iteration, policy, value, prompts }: Request,
    experience: { samples: ScoredRollout[]; dropped: DroppedSample[] },
  ): Promise<Scored> => ({
    runId,
    itemId,
    iteration,
    policyVersion: policy.version,
    valueVersion: value.version,
    experience: await putExperience(store, prompts, experience),
    seconds: { queue: 1, rollout: 4, score: 2 },
  });
  const promptsOf = async ({ prompts }: Request) =>
    (await getPrompts(store, prompts)).flatMap((one) => one.prompts);
  const scored = async (request: Request, length?: number) => {
    const prompts = await promptsOf(request);
    return scoredBy(request, { samples: prompts.map((one) => scoredSample(one, length)), dropped: [] });
  };

  const serve = async <T extends EventType>(
    type: T,
    group: string,
    handle: (data: DataOf<T>) => Promise<void>,
  ) => {
    await bus.subscribe({
      group,
      topics: [contractOf(type).topic],
      fromBeginning: true,
      retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 },
      handler: async (delivery) => {
        const event = fromMessage(delivery);
        if (!event.type.startsWith('value')) sizes.push(delivery.value?.length ?? 0);
        if (event.type === type) await handle(event.data as DataOf<T>);
      },
    });
  };
  const ids = (results: { samples: { id: number }[] }[]) =>
    results.map(({ samples }) => samples.map(({ id }) => id));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'remote-workers-'));
    store = openObjectStore(folder);
    bus = new Bus({ driver: new EmbeddedDriver() });
    await bus.ensureTopics(eventTopics(3));
    events = new EventPublisher(bus, '/test');
    stop = new AbortController();
    requested.length = 0;
    sizes.length = 0;
    answer = async (request) => [await scored(request)];
    canTrain = () => true;
    const times = new Map<string, number>();
    await serve('rollout.requested', ROLLOUT_GROUP, async (request) => {
      requested.push(request);
      times.set(request.itemId, (times.get(request.itemId) ?? 0) + 1);
      for (const data of await answer(request, times.get(request.itemId)!))
        await events.publish('experience.scored', data);
    });
    await serve('experience.scored', 'sizes', async () => undefined);
    await serve('value.update-requested', VALUE_LEARNER_GROUP, async (request) => {
      if (!canTrain(request)) throw new Error('the loss is NaN');
      const { runId, iteration, save } = request;
      const model = { version: VALUE, weights: reference };
      const state = save ? reference : undefined;
      const metrics = { valueLoss: iteration };
      await events.publish('value.updated', { runId, iteration, model, metrics, state });
    });
  });
  afterEach(async () => {
    await workers.stop();
    await bus.close();
    rmSync(folder, { recursive: true });
  });

  const start = async ({ itemsPerIteration = 48, resendMs = 100 } = {}) => {
    const pipeline = parsePipeline(
      JSON.stringify({
        name: 'x',
        model: { path: '/m' },
        stages: [
          {
            uses: 'ppo',
            models: { rewardModel: '/r' },
            with: { prompts: { path: '/p' }, iterations: 3, maxStaleness: 0 },
          },
        ],
      }),
      'test',
    );
    workers = new RemoteWorkers({
      bus,
      events,
      store,
      metrics: new MetricsService(),
      logger: createLogger('test', 'fatal'),
      runId: 'run-1',
      description: { pipeline, stage: 'ppo', models: {}, padTokenId: 0 },
      policy: new ParameterStore([{ name: 'w', shape: [2, 3], trainable: true }]),
      reference: new ParameterStore([{ name: 'w', shape: [2, 3], trainable: false }]),
      config: pipeline.stages[0].with as StageSettings<'ppo'>,
      signal: stop.signal,
      itemsPerIteration,
      resendMs,
    });
    await workers.start(0, null);
    await workers.policyUpdated(0);
  };

  it('collects the results in the order of the batches', async () => {
    await start();
    await workers.request(batches(3));
    expect(ids(await workers.collect(batches(3)))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(requested[0]).toMatchObject({ klCoef: 0.05, value: { version: VALUE }, seed: 7 });
  });

  it('divides an iteration into at most as many items as configured, each of whole batches', async () => {
    await start({ itemsPerIteration: 3 });
    await workers.request(batches(5));
    const results = await workers.collect(batches(5));
    expect(requested.map(({ itemId }) => itemId).sort()).toEqual(['1-0', '1-2', '1-4']);
    expect(await getPrompts(store, requested.find(({ itemId }) => itemId === '1-2')!.prompts)).toEqual(
      [2, 3].map((number) => ({ firstIndex: 2 * number, prompts: batch(number).prompts })),
    );
    expect(ids(results)).toEqual(batches(5).map(({ prompts }) => prompts.map(({ sampleId }) => sampleId)));
    // The seconds of an item are those of its batches together.
    expect(results.map(({ seconds }) => seconds.rollout)).toEqual([2, 2, 2, 2, 4]);
  });

  it('sends small events for an item of 4,096 long prompts and responses', async () => {
    await start({ resendMs: 60_000 });
    const prompts = Array.from({ length: 4096 }, (_, i) => ({
      sampleId: i,
      promptIndex: i,
      prompt: Array.from({ length: 256 }, (_, t) => t),
    }));
    answer = async (request) => [await scored(request, 512)];
    await workers.request([batch(0, { prompts })]);
    const [{ samples }] = await workers.collect([batch(0, { prompts })]);
    expect(samples).toHaveLength(4096);
    expect(samples[4095]).toEqual(scoredSample(prompts[4095], 512));
    expect(sizes).toHaveLength(2);
    expect(Math.max(...sizes)).toBeLessThan(2500);
  });

  it('takes the first answer to an item and ignores later ones', async () => {
    await start();
    answer = async (request) => {
      const samples = (await promptsOf(request)).map((prompt) => ({ ...scoredSample(prompt), score: 99 }));
      const second = await scoredBy(request, { samples, dropped: [] });
      return [await scored(request), second, second];
    };
    await workers.request([batch(0)]);
    const [{ samples }] = await workers.collect([batch(0)]);
    expect(samples.map(({ score }) => score)).toEqual([1, 1]);
    await workers.request([batch(1)]);
    expect(ids(await workers.collect([batch(1)]))).toEqual([[2, 3]]);
  });

  it('sends requests without an answer again, with prompts that the store has lost', async () => {
    await start();
    answer = async (request, times) => {
      if (times > 1) return [await scored(request)];
      rmSync(new URL(request.prompts.uri));
      return [];
    };
    await workers.request([batch(0)]);
    expect(ids(await workers.collect([batch(0)]))).toEqual([[0, 1]]);
    expect(requested.map(({ itemId }) => itemId)).toEqual(['1-0', '1-0']);
    expect(await store.head(requested[0].prompts.uri.split(`${store.url}/`)[1])).not.toBeNull();
  });

  const dropped = (reason: string) => [
    { id: 0, reason },
    { id: 1, reason },
  ];

  it.each<[string, (data: Scored) => Scored]>([
    ['policy', (data) => ({ ...data, policyVersion: 'cd'.repeat(32) })],
    ['value model', (data) => ({ ...data, valueVersion: 'cd'.repeat(32) })],
  ])('refuses the work of another %s', async (_, change) => {
    await start();
    answer = async (request) => [change(await scored(request))];
    await workers.request([batch(0)]);
    expect(await workers.collect([batch(0)])).toMatchObject([
      { samples: [], refused: 'stale', dropped: dropped('stale') },
    ]);
  });

  it.each<[string, (data: Scored) => Promise<Scored['experience']>]>([
    ['missing', async ({ experience }) => ({ ...experience, uri: `${experience.uri}.none` })],
    ['damaged', async ({ experience }) => ({ ...experience, sha256: 'cd'.repeat(32) })],
    ['of another kind', async () => requested[0].prompts],
    ['in another store', async ({ experience }) => ({ ...experience, uri: 'file:///elsewhere/experience' })],
  ])('refuses experience that is %s', async (_, change) => {
    await start();
    answer = async (request) => {
      const data = await scored(request);
      return [{ ...data, experience: await change(data) }];
    };
    await workers.request([batch(0)]);
    expect(await workers.collect([batch(0)])).toMatchObject([
      { samples: [], refused: 'unreadable', dropped: dropped('unreadable') },
    ]);
  });

  it('accounts for every requested sample once, whatever the answer contains', async () => {
    await start();
    answer = async (request) => {
      const [first] = (await promptsOf(request)).map((prompt) => scoredSample(prompt));
      return [await scoredBy(request, { samples: [first, first, { ...first, id: 77 }], dropped: [] })];
    };
    await workers.request([batch(0)]);
    const [result] = await workers.collect([batch(0)]);
    expect(result.samples.map(({ id }) => id)).toEqual([0]);
    expect(result.dropped).toEqual([{ id: 1, reason: 'missingFromAnswer' }]);
  });

  it('continues without an item that became a dead letter', async () => {
    await start();
    answer = async (request) => {
      if (request.itemId === '1-1') throw new Error('poison');
      return [await scored(request)];
    };
    await workers.request(batches(3));
    const results = await workers.collect(batches(3));
    expect(ids(results)).toEqual([[0, 1], [], [4, 5]]);
    expect(results[1].dropped).toEqual([
      { id: 2, reason: 'failed' },
      { id: 3, reason: 'failed' },
    ]);
  });

  it('fails with the reason when most items become dead letters', async () => {
    await start();
    answer = async () => {
      throw new Error('the disk is full');
    };
    await workers.request(batches(2));
    await expect(workers.collect(batches(2))).rejects.toThrow(
      /2 of 2 work items became dead letters.*the disk is full/,
    );
  });

  it('abandons the step when the run is to stop', async () => {
    await start();
    answer = async () => [];
    await workers.request([batch(0)]);
    const collecting = workers.collect([batch(0)]);
    stop.abort();
    await expect(collecting).rejects.toMatchObject({ name: 'StepAbandoned' });
  });

  const sample = { prompt: [1], response: [2], values: new Float32Array(1), returns: new Float32Array(1) };
  const keys = async () => {
    const found: string[] = [];
    for await (const { key } of store.list('runs/run-1/exchange/')) found.push(key);
    return found;
  };

  it('removes the samples of an iteration while the models learn from it', async () => {
    await start();
    await workers.request([batch(0)]);
    await workers.collect([batch(0)]);
    const samples = async () => (await keys()).filter((key) => key.includes('/work-items/'));
    expect(await samples()).toEqual([
      expect.stringMatching(/work-items\/1\/1-0\/experience-[0-9a-f]{16}\.safetensors$/),
      expect.stringMatching(/work-items\/1\/1-0\/prompts-[0-9a-f]{16}\.safetensors$/),
    ]);
    await workers.request([batch(1, { id: '2-0', iteration: 2 })]);
    await workers.learnValue([sample], 1);
    await workers.collect([batch(1, { id: '2-0', iteration: 2 })]);
    await workers.stop();
    expect(await samples()).toEqual([]);
  });

  it('removes its own objects in the end, and those of earlier learners in the beginning', async () => {
    await store.put('runs/run-1/exchange/before/policy/x', Buffer.from('x'));
    await start();
    expect(await keys()).toEqual([
      expect.stringMatching(/policy\/[0-9a-f]{64}\.safetensors$/),
      expect.stringMatching(/run-[0-9a-f]{16}\.json$/),
    ]);
    await store.put('runs/run-1/exchange/after/policy/x', Buffer.from('x'));
    await workers.stop();
    expect(await keys()).toEqual(['runs/run-1/exchange/after/policy/x']);
  });

  it('has the value model trained, and reports why it cannot be', async () => {
    await start();
    expect(await workers.learnValue([sample], 1)).toEqual({ valueLoss: 1 });
    canTrain = () => false;
    await expect(workers.learnValue([sample], 2)).rejects.toThrow(
      /value model cannot be trained.*loss is NaN/,
    );
  });
});
