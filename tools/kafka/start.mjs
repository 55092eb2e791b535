#!/usr/bin/env node
/**
 * Starts a Kafka broker on this machine and prints its address; Ctrl-C stops it.
 *   node tools/kafka/start.mjs [--port 9092] [--folder ./kafka-data]
 * With --folder its topics are kept for the next start.
 */
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import broker from './broker.cjs';

const usage = 'node tools/kafka/start.mjs [--port 9092] [--folder FOLDER]';

function readOptions() {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '9092' }, folder: { type: 'string' } },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Error(`--port: found "${values.port}", expected a number from 1 to 65535`);
  if (values.folder) mkdirSync(values.folder, { recursive: true });
  return { port, folder: values.folder };
}

try {
  const options = readOptions();
  console.error('kafka: starting (the first time its jars are fetched with Maven)');
  const kafka = await broker.startKafka({ ...options, heapMegabytes: 512 });
  console.log(kafka.brokers[0]);
  console.error(`kafka: serves at ${kafka.brokers[0]}; log in ${kafka.log}; Ctrl-C stops it`);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      await kafka.stop();
      await kafka.close();
    });
  }
} catch (error) {
  console.error(`kafka: ${error.message}\nusage: ${usage}`);
  process.exitCode = 1;
}
