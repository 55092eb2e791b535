/** Kafka, an S3 server behind a proxy that can misbehave, and every service as a process. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import kafkaTool from '../kafka/broker.cjs';
import s3Tool from '../s3/s3-server.cjs';
import { startFlakyProxy } from './flaky-proxy.mjs';
import { randomOf } from './random.mjs';
import { Service } from './service.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Name of the process → its app, and the variables in which it differs from other processes of the app. */
const PROCESSES = {
  gateway: ['gateway', {}],
  'sft-trainer': ['sft-trainer', {}],
  'reward-trainer': ['reward-trainer', {}],
  'critic-scoring': ['ppo-critic', { OPEN_CHATGPT_ROLE: 'scoring' }],
  'critic-learner': ['ppo-critic', { OPEN_CHATGPT_ROLE: 'learner' }],
  'actor-rollout-0': ['ppo-actor', { OPEN_CHATGPT_ROLE: 'rollout' }],
  'actor-rollout-1': ['ppo-actor', { OPEN_CHATGPT_ROLE: 'rollout' }],
  'actor-learner': ['ppo-actor', { OPEN_CHATGPT_ROLE: 'learner' }],
};

export async function startCluster() {
  const missing = (await kafkaTool.missingKafka()) ?? s3Tool.missingS3();
  if (missing) throw new Error(missing);
  const { status } = spawnSync(process.execPath, [join(root, 'tools', 'setup.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the services do not compile; the lines above say why');

  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const [kafka, s3] = await Promise.all([kafkaTool.startKafka(), s3Tool.startS3()]);
  const proxy = await startFlakyProxy(s3.endpoint, randomOf(1));
  const services = new Map();
  for (const [name, [app, env]] of Object.entries(PROCESSES)) {
    const service = new Service(name, join(root, 'apps', app, 'dist', 'main.js'), {
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_ANONYMOUS: 'true',
      OPEN_CHATGPT_REQUESTS_PER_MINUTE: '1000000',
      OPEN_CHATGPT_BUS: `kafka://${kafka.brokers.join(',')}`,
      OPEN_CHATGPT_STORE: 's3://open-chatgpt/faults',
      OPEN_CHATGPT_S3_ENDPOINT: proxy.url,
      OPEN_CHATGPT_S3_ACCESS_KEY: s3.accessKey,
      OPEN_CHATGPT_S3_SECRET_KEY: s3.secretKey,
      OPEN_CHATGPT_S3_REGION: s3.region,
      OPEN_CHATGPT_S3_CREATE_BUCKET: 'true',
      OPEN_CHATGPT_THREADS: '1',
      OPEN_CHATGPT_WORK_DIR: workDir(folder, name),
      ...env,
    });
    services.set(name, service);
    // One after another: the first creates the topics.
    await service.start();
  }
  return {
    kafka,
    proxy,
    services,
    workDirOf: (name) => workDir(folder, name),
    gateway: () => services.get('gateway').url,
    async stop() {
      await Promise.all([...services.values()].map((service) => service.stop()));
      proxy.stop();
      await kafka.close();
      await s3.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const workDir = (folder, name) => join(folder, name);
