import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '@open-chatgpt/tools/cluster/cluster.cjs';

const root = join(__dirname, '../../..');
const main = join(root, 'apps/operator/dist/main.js');

const SERVICES = [
  'sft-trainer',
  'reward-trainer',
  'dpo-trainer',
  'ppo-actor',
  'ppo-critic',
  'inference',
  'data-ingestion',
];

export interface OperatorProcess {
  readonly process: ChildProcess;
  /** Everything that it has logged. */
  log(): string;
  /** Ends it as a rolling upgrade does; it gives the lease back. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export interface OperatorOptions {
  /** The only namespace that it serves; the Lease is there too. Specs side by side do not see each other's resources. */
  namespace: string;
  /** Serves all namespaces: only one spec at a time may do so. */
  clusterWide?: boolean;
  /** Further fields of its configuration file. */
  config?: object;
  env?: Record<string, string>;
}

/** Starts the operator as a process of its own, with the administrator's kubeconfig unless `env` names another. */
export async function startOperator(cluster: Cluster, options: OperatorOptions): Promise<OperatorProcess> {
  const { namespace, clusterWide = false, config: more = {}, env = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), 'operator-'));
  const config = join(folder, 'operator.json');
  writeFileSync(
    config,
    JSON.stringify({
      images: Object.fromEntries(SERVICES.map((name) => [name, `example.test/${name}:1`])),
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }],
      namespaces: clusterWide ? [] : [namespace],
      ...more,
    }),
  );
  const file = join(folder, 'log');
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      KUBECONFIG: cluster.kubeconfig,
      OPEN_CHATGPT_OPERATOR_CONFIG: config,
      OPEN_CHATGPT_LEASE_NAMESPACE: namespace,
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_BUS: 'embedded',
      ...env,
    },
  });
  const sink = createWriteStream(file);
  child.stdout!.pipe(sink, { end: false });
  child.stderr!.pipe(sink, { end: false });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
    sink.end();
    rmSync(folder, { recursive: true, force: true });
  };
  const log = () => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  await cluster.until('the operator to start', () => {
    if (child.exitCode !== null) throw new Error(log());
    return log().includes('The service is started');
  });
  return { process: child, log, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

/** The URL at which the operator answers health checks, from its log. */
function urlOf(operator: OperatorProcess): string {
  const line = operator
    .log()
    .split('\n')
    .find((one) => one.includes('The service is started'));
  return JSON.parse(line!).url;
}

/** The metrics of the process, as text. */
export async function metricsOf(operator: OperatorProcess): Promise<string> {
  return (await fetch(`${urlOf(operator)}/metrics`)).text();
}

/** Applies the CRDs of the product. Idempotent, so that every spec may call it. */
export async function applyCrds(cluster: Cluster): Promise<void> {
  await cluster.kubectl([
    'apply',
    '--server-side',
    '--force-conflicts',
    '--filename',
    join(root, 'k8s/base/crds'),
  ]);
}

/** What the simulated trainer pod of a run says at its end. */
export const completedMessage = (runId: string, model: string): string =>
  JSON.stringify({
    runId,
    attempt: 1,
    outcome: 'completed',
    step: 5,
    model: {
      uri: `s3://bucket/models/${model}/manifest.json`,
      sha256: 'a'.repeat(64),
      size: 1,
      version: model,
    },
  });

export interface PipelineOptions {
  name: string;
  stages?: string[];
  /** Annotations of the trainer's pods of all stages: how long the simulated pod runs, and how it ends. */
  simulated?: Record<string, string>;
  /** Further fields of the spec. */
  spec?: object;
}

const settingsOf: Record<string, object> = {
  sft: { dataset: { path: 'builtin:tasks' }, maxSteps: 5 },
  reward: { dataset: { path: 'builtin:tasks' }, maxSteps: 5 },
  ppo: { prompts: { path: 'builtin:tasks' }, iterations: 2 },
  dpo: { dataset: { path: 'builtin:tasks' }, maxSteps: 5 },
  kto: { dataset: { path: 'builtin:tasks' }, maxSteps: 5 },
};

/** A small pipeline as a custom resource. Its id is its name, so that its runs are called <name>-<stage> in the store. */
export function rlhfPipeline({
  name,
  stages = ['sft', 'reward', 'ppo'],
  simulated = {},
  spec = {},
}: PipelineOptions) {
  return {
    apiVersion: 'open-chatgpt.io/v1alpha1',
    kind: 'RlhfPipeline',
    metadata: { name },
    spec: {
      pipelineId: name,
      model: tinyModel,
      stages: stages.map((uses) => ({ uses, with: settingsOf[uses] })),
      stagePods: Object.fromEntries(
        stages.map((stage) => [stage, simulatedTrainer(`${name}-${stage}`, name, simulated)]),
      ),
      ...spec,
    },
  };
}

const tinyModel = {
  scratch: {
    hiddenSize: 32,
    intermediateSize: 64,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    vocabSize: 400,
  },
};

const simulatedTrainer = (runId: string, model: string, simulated: Record<string, string>) => ({
  trainer: { annotations: { 'sim/termination-message': completedMessage(runId, model), ...simulated } },
});

export interface RunOptions {
  name: string;
  stage?: string;
  simulated?: Record<string, string>;
  /** Fields of the trainer beside its annotations. */
  trainer?: object;
  spec?: object;
}

/** A TrainingRun that nobody's pipeline has made, as a user applies it. Its id is its name. */
export function trainingRun({ name, stage = 'sft', simulated = {}, trainer = {}, spec = {} }: RunOptions) {
  return {
    apiVersion: 'open-chatgpt.io/v1alpha1',
    kind: 'TrainingRun',
    metadata: { name },
    spec: {
      runId: name,
      pipeline: {
        name: 'own',
        model: tinyModel,
        // PPO needs the reward model of an earlier stage.
        stages: (stage === 'ppo' ? ['sft', 'reward', 'ppo'] : [stage]).map((uses) => ({
          uses,
          with: settingsOf[uses],
        })),
      },
      stage,
      ...spec,
      trainer: { ...simulatedTrainer(name, name, simulated).trainer, ...trainer },
    },
  };
}

export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  observedGeneration?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: the specs state the fields that they expect
export type Resource = { metadata: any; spec: any; status?: any };

export const conditionOf = (resource: Resource, type: string): Condition | undefined =>
  resource.status?.conditions?.find((one: Condition) => one.type === type);

export const isTrue = (resource: Resource, type: string): boolean =>
  conditionOf(resource, type)?.status === 'True';
