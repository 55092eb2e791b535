import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import kafkaTool from '../../tools/kafka/broker.cjs';
import { median, round } from '../driver/statistics.mjs';
import { Worker } from '../driver/worker.mjs';
import { SHAPE } from './measure.mjs';

const require = createRequire(import.meta.url);

/**
 * Events through libs/messaging, embedded and on a real Kafka, against the same bytes with plain kafkajs, the same broker and
 * the same acks: events per second, and the latency from `publish` to the handler.
 */
export async function compareEvents({ here, rounds }) {
  const kafka = await kafkaTool.startKafka({ heapMegabytes: 512 });
  const { brokers } = kafka;
  const start = (name, script, options) =>
    new Worker(name, process.execPath, [join(here, script), JSON.stringify(options)]).ready();
  const workers = [];
  try {
    workers.push(await start('embedded', 'ours/events.mjs', {}));
    workers.push(await start('Kafka', 'ours/events.mjs', { brokers }));
    workers.push(await start('kafkajs alone', 'peers/events.mjs', { brokers, topic: 'bench' }));
    const ways = await takeTurns(workers, rounds);
    const ours = ways.find(({ name }) => name === 'Kafka');
    const peer = ways.at(-1);
    const result = {
      case: 'events',
      shape: SHAPE,
      rounds,
      ways,
      peer: `kafkajs ${require('kafkajs/package.json').version}`,
      ratio: {
        published: round(ours.publishedPerSecond / peer.publishedPerSecond, 3),
        consumed: round(ours.consumedPerSecond / peer.consumedPerSecond, 3),
        latency: round(ours.latencyMs.median / peer.latencyMs.median, 3),
      },
    };
    writeFileSync(join(here, 'results', 'events.json'), `${JSON.stringify(result, null, 2)}\n`);
    console.table(ways.map(({ latencyMs, ...way }) => ({ ...way, ...latencyMs })));
    const { published, consumed, latency } = result.ratio;
    console.error(
      `events: ${published} times as many published and ${consumed} times as many consumed as with ${result.peer}, at ${latency} times its latency`,
    );
  } finally {
    for (const worker of workers) worker.quit();
    await kafka.close();
  }
}

/** One step of each worker in turn; the first round is discarded. The latencies of all rounds are pooled. */
async function takeTurns(workers, rounds) {
  const all = workers.map(() => []);
  for (let turn = 0; turn <= rounds; turn++)
    for (const [i, worker] of workers.entries()) all[i].push(await worker.run());
  return workers.map(({ name }, i) => {
    const steps = all[i].slice(1);
    const middle = (field) => Math.round(median(steps.map((step) => step[field])));
    const latencies = steps.flatMap((step) => step.latencies).sort((a, b) => a - b);
    const quantile = (part) => round(latencies[Math.floor(part * (latencies.length - 1))], 3);
    return {
      name,
      publishedPerSecond: middle('publishedPerSecond'),
      consumedPerSecond: middle('consumedPerSecond'),
      latencyMs: { median: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
      rssMb: Math.round(all[i].at(-1).rssMb),
    };
  });
}
