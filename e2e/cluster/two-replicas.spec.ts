import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyEvent, DataOf } from '@open-chatgpt/events';
import { fromMessage } from '@open-chatgpt/events';
import { Bus, type BusDriver, EmbeddedDriver, EventPublisher, KafkaDriver } from '@open-chatgpt/messaging';
import {
  loadConfig,
  PlatformModule,
  type RunningService,
  serviceConfigSchema,
  shareDriver,
  startService,
} from '@open-chatgpt/service';
import { tinyPipeline } from '@open-chatgpt/testing';
import { startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';
import { TrainerModule, trainerGroups } from '@open-chatgpt/worker';

/** A run that takes much longer than a test waits. */
function longRun(runId: string, rows: string): DataOf<'run.requested'> {
  return {
    runId,
    stage: 'sft',
    algorithm: 'sft',
    config: {
      name: runId,
      threads: 1,
      model: tinyPipeline(rows).model,
      stages: [
        {
          name: 'sft',
          uses: 'sft',
          with: {
            dataset: { path: rows, adapter: 'alpaca', evalFraction: 0.2 },
            perDeviceTrainBatchSize: 4,
            evalSteps: 0,
            maxSteps: 1_000_000,
            saveSteps: 1_000_000,
            loggingSteps: 20,
            maxLength: 64,
          },
        },
      ],
    },
    inputs: { models: {}, datasets: [] },
  };
}

const buses = {
  'the embedded bus': async () => {
    const driver = new EmbeddedDriver();
    return { connect: () => shareDriver(driver), close: () => driver.close() };
  },
  Kafka: async () => {
    const kafka = await startKafka();
    const { brokers } = kafka;
    return {
      connect: (): BusDriver => new KafkaDriver({ brokers, heartbeatIntervalMs: 500 }),
      close: () => kafka.close(),
    };
  },
};

describe.each(Object.entries(buses))('two trainers on %s', (_, open) => {
  let folder: string;
  let bus: Awaited<ReturnType<typeof open>>;
  let driver: BusDriver;
  let replicas: RunningService[] = [];
  const publisher = () => new EventPublisher(new Bus({ driver }), '/test');

  const start = async (name: string) => {
    const config = loadConfig(serviceConfigSchema, {
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_STORE: join(folder, 'store'),
      OPEN_CHATGPT_WORK_DIR: join(folder, name),
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
    });
    const platform = PlatformModule.forRoot('sft-trainer', config, bus.connect());
    return startService(
      'sft-trainer',
      config,
      [platform, TrainerModule.forAlgorithm('sft')],
      trainerGroups('sft'),
      undefined,
      false,
    );
  };
  /** The published events of a run, in order. */
  const eventsOf = async (runId: string): Promise<AnyEvent[]> =>
    (await driver.read('openchatgpt.run.fact.v1')).filter(({ key }) => key === runId).map(fromMessage);
  const untilPublished = async (runId: string, type: AnyEvent['type'], seconds = 60) => {
    for (const end = Date.now() + 1000 * seconds; ; ) {
      const types = (await eventsOf(runId)).map((event) => event.type);
      if (types.includes(type)) return;
      if (Date.now() > end) throw new Error(`no ${type} of ${runId} within ${seconds} s: ${types}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'two-replicas-'));
    const row = (i: number) => JSON.stringify({ instruction: `say ${i} twice`, output: `${i} ${i}` });
    writeFileSync(join(folder, 'rows.jsonl'), Array.from({ length: 20 }, (_, i) => `${row(i)}\n`).join(''));
    bus = await open();
    driver = bus.connect();
    for (const name of ['first', 'second']) replicas.push(await start(name));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await driver?.close();
    await bus?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const request = async (runId: string) =>
    publisher().publish('run.requested', longRun(runId, join(folder, 'rows.jsonl')));
  const cancel = (runId: string) =>
    publisher().publish('run.cancel-requested', { runId, stage: 'sft', algorithm: 'sft' });

  it('stop the cancelled runs, waiting and running ones, on either replica', async () => {
    // The keys are spread over the partitions, so that each of the two replicas executes one of these runs.
    const runs = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const runId of runs) await request(runId);
    const running = async () => {
      const started = await Promise.all(runs.map((runId) => eventsOf(runId)));
      return runs.filter((_, i) => started[i].some(({ type }) => type === 'run.progressed'));
    };
    while ((await running()).length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
    const [working, waiting] = [await running(), [] as string[]];
    waiting.push(...runs.filter((runId) => !working.includes(runId)));
    expect(working).toHaveLength(2);
    // Waiting runs first: they must end without a start. Running ones end after their step.
    for (const runId of [...waiting, ...working]) await cancel(runId);
    for (const runId of runs) await untilPublished(runId, 'run.cancelled');
    for (const runId of waiting)
      expect((await eventsOf(runId)).map(({ type }) => type)).toEqual(['run.cancelled']);
    for (const runId of working)
      expect((await eventsOf(runId)).filter(({ type }) => type === 'run.cancelled')).toHaveLength(1);
  }, 180_000);

  it('a later replica applies a cancellation that arrived while none was running', async () => {
    await request('orphan');
    await untilPublished('orphan', 'run.progressed');
    await Promise.all(replicas.map((replica) => replica.stop()));
    replicas = [];
    await cancel('orphan');
    replicas = [await start('third')];
    await untilPublished('orphan', 'run.cancelled');
    const types = (await eventsOf('orphan')).map(({ type }) => type);
    expect(types.filter((type) => type === 'run.cancelled')).toHaveLength(1);
  }, 180_000);
});
