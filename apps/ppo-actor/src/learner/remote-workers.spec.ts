import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractOf, type DataOf, type EventType, fromMessage } from '@open-chatgpt/events';
import { Bus, EmbeddedDriver, EventPublisher, eventTopics } from '@open-chatgpt/messaging';
import { parsePipeline, type StageSettings } from '@open-chatgpt/pipeline';
import { ROLLOUT_GROUP, VALUE_LEARNER_GROUP } from '@open-chatgpt/ppo-exchange';
import { ParameterStore } from '@open-chatgpt/runtime';
import { createLogger, MetricsService } from '@open-chatgpt/service';
import { openObjectStore } from '@open-chatgpt/storage';
import { type RolloutBatch } from '@open-chatgpt/training';
import { RemoteWorkers } from './remote-workers';

type Request = DataOf<'rollout.requested'>;
type Scored = DataOf<'experience.scored'>;
type ValueRequest = DataOf<'value.update-requested'>;

const VALUE = 'ab'.repeat(32);
const reference = { uri: 'file:///nowhere/value', sha256: VALUE, size: 1, version: '1' };

/** What a critic would tell of an item. */
function scored({ runId, itemId, iteration, policy, value, klCoef, prompts }: Request): Scored {
  const perToken = [0.5, 0.25];
  return {
    runId,
    itemId,
    iteration,
    policyVersion: policy.version,
    valueVersion: value?.version ?? VALUE,
    rewardVersion: VALUE,
    klCoef,
    samples: prompts.map((prompt) => ({
      ...prompt,
      response: [3, 4],
      endsWithEos: true,
      logProbs: perToken,
      refLogProbs: perToken,
      score: 1,
      kl: 0,
      values: perToken,
      advantages: perToken,
      returns: perToken,
    })),
    dropped: [],
  };
}

describe('the learner among services', () => {
  let folder: string;
  let bus: Bus;
  let events: EventPublisher;
  let workers: RemoteWorkers;
  let stop: AbortController;
  /** How the rollout worker and the critic behind it take a request; undefined: they are silent. */
  let answer: (request: Request, times: number) => Scored[] | undefined;
  let answerValue: (request: ValueRequest) => boolean;
  const requested: Request[] = [];

  const item = (number: number, more: Partial<RolloutBatch> = {}): RolloutBatch => ({
    id: `1-${number}`,
    iteration: 1,
    evaluation: false,
    klCoef: 0.05,
    seed: 7,
    firstIndex: 2 * number,
    prompts: [0, 1].map((i) => ({ sampleId: 2 * number + i, promptIndex: i, prompt: [1, 2] })),
    ...more,
  });
  const play = async <T extends EventType>(
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
        if (event.type === type) await handle(event.data as DataOf<T>);
      },
    });
  };
  const ids = (results: { samples: { id: number }[] }[]) =>
    results.map(({ samples }) => samples.map(({ id }) => id));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'service-workers-'));
    bus = new Bus({ driver: new EmbeddedDriver() });
    await bus.ensureTopics(eventTopics(3));
    events = new EventPublisher(bus, '/test');
    stop = new AbortController();
    requested.length = 0;
    answer = (request) => [scored(request)];
    answerValue = () => true;
    const times = new Map<string, number>();
    await play('rollout.requested', ROLLOUT_GROUP, async (request) => {
      requested.push(request);
      times.set(request.itemId, (times.get(request.itemId) ?? 0) + 1);
      for (const data of answer(request, times.get(request.itemId)!) ?? [])
        await events.publish('experience.scored', data);
    });
    await play('value.update-requested', VALUE_LEARNER_GROUP, async (request) => {
      if (!answerValue(request)) throw new Error('the loss is NaN');
      const { runId, iteration, save } = request;
      const model = { version: VALUE, weights: reference };
      const state = save ? reference : undefined;
      await events.publish('value.updated', {
        runId,
        iteration,
        model,
        metrics: { valueLoss: iteration },
        state,
      });
    });
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
      store: openObjectStore(folder, {} as never),
      metrics: new MetricsService(),
      logger: createLogger('test', 'fatal'),
      runId: 'run-1',
      description: { pipeline, stage: 'ppo', models: {}, padTokenId: 0 },
      policy: new ParameterStore([{ name: 'w', shape: [2, 3], trainable: true }]),
      reference: new ParameterStore([{ name: 'w', shape: [2, 3], trainable: false }]),
      config: pipeline.stages[0].with as StageSettings<'ppo'>,
      signal: stop.signal,
      askAgainMs: 100,
    });
  });
  afterEach(async () => {
    await workers.stop();
    await bus.close();
    rmSync(folder, { recursive: true });
  });

  const begin = async () => {
    await workers.start(0, null);
    await workers.policyUpdated(0);
  };

  it('collects what was asked for in the order of the items, whoever answers first', async () => {
    await begin();
    const items = [0, 1, 2].map((number) => item(number));
    await workers.request(items);
    expect(ids(await workers.collect(items))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(requested[0]).toMatchObject({
      klCoef: 0.05,
      value: { version: VALUE },
      sampling: { seed: 7, temperature: 0.7 },
    });
  });

  it('takes the first answer to an item and no other, late ones included', async () => {
    await begin();
    answer = (request) => {
      const first = scored(request);
      const second = { ...first, samples: first.samples.map((sample) => ({ ...sample, score: 99 })) };
      return [first, second, second];
    };
    await workers.request([item(0)]);
    const [{ samples }] = await workers.collect([item(0)]);
    expect(samples.map(({ score }) => score)).toEqual([1, 1]);
    await workers.request([item(1)]);
    expect(ids(await workers.collect([item(1)]))).toEqual([[2, 3]]);
  });

  it('asks again for what gets no answer', async () => {
    await begin();
    answer = (request, times) => (times > 1 ? [scored(request)] : undefined);
    await workers.request([item(0)]);
    expect(ids(await workers.collect([item(0)]))).toEqual([[0, 1]]);
    expect(requested.map(({ itemId }) => itemId)).toEqual(['1-0', '1-0']);
  });

  it.each<[string, (data: Scored) => Scored]>([
    ['policy', (data) => ({ ...data, policyVersion: 'cd'.repeat(32) })],
    ['value model', (data) => ({ ...data, valueVersion: 'cd'.repeat(32) })],
  ])('refuses what another %s has made', async (_, change) => {
    await begin();
    answer = (request) => [change(scored(request))];
    await workers.request([item(0)]);
    expect(await workers.collect([item(0)])).toMatchObject([
      {
        samples: [],
        dropped: [
          { id: 0, reason: 'stale' },
          { id: 1, reason: 'stale' },
        ],
      },
    ]);
  });

  it('accounts for every sample of an answer, whatever the answer holds', async () => {
    await begin();
    answer = (request) => {
      const whole = scored(request);
      const [first] = whole.samples;
      return [{ ...whole, samples: [first, first, { ...first, sampleId: 77 }], dropped: [] }];
    };
    await workers.request([item(0)]);
    const [{ samples, dropped }] = await workers.collect([item(0)]);
    expect(samples.map(({ id }) => id)).toEqual([0]);
    expect(dropped).toEqual([{ id: 1, reason: 'missingFromAnswer' }]);
  });

  it('goes on without an item that became a dead letter', async () => {
    await begin();
    answer = (request) => {
      if (request.itemId === '1-1') throw new Error('poison');
      return [scored(request)];
    };
    const items = [0, 1, 2].map((number) => item(number));
    await workers.request(items);
    const results = await workers.collect(items);
    expect(ids(results)).toEqual([[0, 1], [], [4, 5]]);
    expect(results[1].dropped).toEqual([
      { id: 2, reason: 'failed' },
      { id: 3, reason: 'failed' },
    ]);
  });

  it('fails with the reason when most items become dead letters', async () => {
    await begin();
    answer = () => {
      throw new Error('the disk is full');
    };
    await workers.request([item(0), item(1)]);
    await expect(workers.collect([item(0), item(1)])).rejects.toThrow(
      /2 of 2 work items were given up.*the disk is full/,
    );
  });

  it('abandons the step when the run is to stop', async () => {
    await begin();
    answer = () => undefined;
    await workers.request([item(0)]);
    const collecting = workers.collect([item(0)]);
    stop.abort();
    await expect(collecting).rejects.toMatchObject({ name: 'StepAbandoned' });
  });

  it('takes away in the end what is its own, and in the beginning what others before it have left', async () => {
    const store = openObjectStore(folder, {} as never);
    const keys = async () => {
      const found: string[] = [];
      for await (const { key } of store.list('runs/run-1/exchange/')) found.push(key);
      return found;
    };
    await store.put('runs/run-1/exchange/before/policy/x', Buffer.from('x'));
    await begin();
    expect((await keys()).filter((key) => key.includes('/before/'))).toEqual([]);
    expect(await keys()).toEqual([
      expect.stringMatching(/policy\/[0-9a-f]{64}\.safetensors$/),
      expect.stringMatching(/run-[0-9a-f]{16}\.json$/),
    ]);
    await store.put('runs/run-1/exchange/after/policy/x', Buffer.from('x'));
    await workers.stop();
    expect(await keys()).toEqual(['runs/run-1/exchange/after/policy/x']);
  });

  it('has the value model trained, and tells why it cannot be', async () => {
    await begin();
    const sample = { prompt: [1], response: [2], values: new Float32Array(1), returns: new Float32Array(1) };
    expect(await workers.learnValue([sample], 1)).toEqual({ valueLoss: 1 });
    answerValue = () => false;
    await expect(workers.learnValue([sample], 2)).rejects.toThrow(
      /value model cannot be trained.*loss is NaN/,
    );
  });
});
