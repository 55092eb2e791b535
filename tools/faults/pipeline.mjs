/** The pipeline that every scenario trains, and how two outcomes of it are compared. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Long enough that a fault can hit any stage, short enough to be trained twenty times. */
const pipeline = {
  name: 'faults',
  seed: 3,
  threads: 1,
  model: {
    scratch: {
      hiddenSize: 32,
      intermediateSize: 64,
      numHiddenLayers: 1,
      numAttentionHeads: 2,
      maxPositionEmbeddings: 96,
      vocabSize: 300,
    },
  },
  stages: [
    {
      uses: 'sft',
      with: {
        dataset: { path: 'builtin:tasks', limit: 2000 },
        maxSteps: 300,
        perDeviceTrainBatchSize: 8,
        learningRate: 3e-3,
        maxLength: 64,
        saveSteps: 25,
        evalSteps: 0,
        loggingSteps: 1,
      },
    },
    {
      uses: 'reward',
      with: {
        dataset: { path: 'builtin:tasks', limit: 2000 },
        maxSteps: 150,
        perDeviceTrainBatchSize: 8,
        learningRate: 1e-3,
        maxLength: 64,
        saveSteps: 25,
        evalSteps: 0,
        loggingSteps: 1,
      },
    },
    {
      uses: 'ppo',
      with: {
        prompts: { path: 'builtin:tasks', limit: 256 },
        iterations: 8,
        rolloutBatchSize: 32,
        localRolloutForwardBatchSize: 8,
        perDeviceTrainBatchSize: 16,
        temperature: 1,
        responseLength: 12,
        maxPromptLength: 48,
        learningRate: 1e-3,
        saveSteps: 2,
        evalSteps: 0,
        loggingSteps: 1,
        evalSamples: 8,
      },
    },
  ],
};

/** Repeats a request until the gateway, which may have been killed, answers. */
export async function request(cluster, path, options) {
  for (let tries = 0; ; tries++) {
    try {
      const response = await fetch(new URL(path, cluster.gateway()), options);
      if (response.status < 500) return { status: response.status, body: await response.json() };
    } catch (error) {
      if (tries > 600) throw error;
    }
    await sleep(200);
  }
}

/** Submits the pipeline once, however often the gateway is killed meanwhile. @returns its id */
export async function submit(cluster) {
  const pipelineId = `faults-${Math.random().toString(36).slice(2, 10)}`;
  const { status, body } = await request(cluster, '/v1/pipelines', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pipeline, pipelineId }),
  });
  // 409: an earlier request was accepted, and its answer was lost.
  if (status !== 201 && status !== 409) throw new Error(`submitting: ${status} ${JSON.stringify(body)}`);
  return pipelineId;
}

export async function statusOf(cluster, pipelineId) {
  return (await request(cluster, `/v1/pipelines/${pipelineId}`)).body;
}

/** Waits for the end. @returns the outcome: metrics by step, hashes of the models, the ledger */
export async function untilEnded(cluster, pipelineId, limitSeconds = 600) {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  for (;;) {
    const found = await statusOf(cluster, pipelineId);
    if (found.status !== 'running') return outcomeOf(cluster, found, seconds());
    if (seconds() > limitSeconds) {
      const stages = found.stages.map(({ stage, status, step }) => `${stage} ${status} at ${step}`);
      throw new Error(`not ended after ${limitSeconds} s: ${stages.join(', ')}`);
    }
    await sleep(250);
  }
}

async function outcomeOf(cluster, { status, stages }, seconds) {
  const losses = {};
  const models = {};
  let ledger = {};
  for (const { stage, runId, model, ledger: counts } of stages) {
    models[stage] = model?.sha256;
    if (counts) {
      const dropped = Object.values(counts.dropped).reduce((sum, count) => sum + count, 0);
      ledger = { generated: counts.generated, trained: counts.trained, dropped };
    }
    const { body } = await request(cluster, `/v1/runs/${runId}/metrics?limit=100000`);
    for (const { phase, step, metrics } of body.points ?? []) {
      // A step that is repeated after a resume is published again with the same figures: then the set stays the same.
      const key = `${stage} ${phase} ${step}`;
      losses[key] = [...new Set([...(losses[key] ?? []), figuresOf(metrics)])].sort();
    }
  }
  const problem = stages.map(({ error }) => error?.message).find(Boolean);
  return { status, problem, seconds, losses, models, ledger };
}

/** The figures that do not depend on time. */
function figuresOf(metrics) {
  return JSON.stringify(
    Object.entries(metrics).filter(([name]) => !/seconds|share|wait|perSecond/i.test(name)),
  );
}

/** The number of steps and evaluations whose metrics the API lacks. */
export function missingPoints(undisturbed, outcome) {
  return Object.keys(undisturbed.losses).filter((key) => !outcome.losses[key]).length;
}

/** The first difference of an outcome from the undisturbed one, or null. */
export function differences(undisturbed, outcome) {
  if (outcome.status !== 'completed') return `${outcome.status}: ${outcome.problem}`;
  for (const [key, figures] of Object.entries(undisturbed.losses)) {
    const found = outcome.losses[key];
    if (!found) return `${key}: no metrics`;
    if (found.join() !== figures.join())
      return `${key}: ${found.join(' and ')}, not ${figures.join(' and ')}`;
  }
  for (const [stage, sha256] of Object.entries(undisturbed.models))
    if (outcome.models[stage] !== sha256) return `${stage} has different weights`;
  const { generated, trained, dropped } = outcome.ledger;
  if (!(generated > 0) || generated !== trained + dropped)
    return `ledger: ${generated} ≠ ${trained} + ${dropped}`;
  if (generated !== undisturbed.ledger.generated) return `ledger: ${generated} samples generated`;
  return null;
}
