import { createHash } from 'node:crypto';
import type { Dataref } from '@open-chatgpt/events';
import type { EventPublisher } from '@open-chatgpt/messaging';

/** A reference to an object that no store has, for code that only passes references on. */
export function unstoredDataref(name: string): Dataref {
  const sha256 = createHash('sha256').update(name).digest('hex');
  return { uri: `file:///${name}/manifest.json`, sha256, size: 1, version: '1' };
}

export interface RunSteps {
  pipelineId: string;
  stage: 'sft' | 'reward' | 'ppo';
  steps: number;
  attempt?: number;
  /** Number of steps published before. */
  from?: number;
}

const runOf = ({ pipelineId, stage, attempt = 1 }: RunSteps) => ({
  runId: `${pipelineId}-${stage}`,
  pipelineId,
  stage,
  algorithm: stage,
  attempt,
});

/** Publishes the start and the steps of a run, as a trainer does. */
export async function publishSteps(events: EventPublisher, given: RunSteps): Promise<void> {
  const { steps, from = 0 } = given;
  const run = runOf(given);
  await events.publish('run.started', { ...run, step: from, totalSteps: 1000, worker: 'w', info: {} });
  for (let step = from + 1; step <= steps; step++) {
    await events.publish('run.progressed', {
      ...run,
      phase: 'training',
      step,
      totalSteps: 1000,
      metrics: { loss: 1 / step },
    });
  }
}

/** Publishes the end of a run, as a trainer does: its checkpoint, its model, its completion. */
export async function publishEnd(events: EventPublisher, given: RunSteps): Promise<void> {
  const run = runOf(given);
  const { runId, pipelineId, stage } = run;
  const step = given.steps;
  const model = unstoredDataref(`${runId}-model`);
  await events.publish('run.checkpointed', {
    ...run,
    step,
    checkpoint: unstoredDataref(`${runId}-checkpoint`),
  });
  await events.publish('model.published', {
    modelId: runId,
    name: pipelineId,
    kind: stage === 'reward' ? 'reward-model' : 'language-model',
    algorithm: stage,
    manifest: model,
    lineage: { runId, pipelineId, datasets: [] },
    metrics: { loss: 0.1 },
  });
  await events.publish('run.completed', { ...run, step, summary: { loss: 0.1 }, model });
}
