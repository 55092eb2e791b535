import { createHash } from 'node:crypto';
import type { Dataref } from '@open-chatgpt/events';
import type { EventPublisher } from '@open-chatgpt/messaging';

/** A reference to something that is in no store: for what only passes references on. */
export function someDataref(name: string): Dataref {
  const sha256 = createHash('sha256').update(name).digest('hex');
  return { uri: `file:///${name}/manifest.json`, sha256, size: 1, version: '1' };
}

export interface Told {
  pipelineId: string;
  stage: 'sft' | 'reward' | 'ppo';
  steps: number;
  attempt?: number;
  /** Steps that were told before. */
  from?: number;
}

const runOf = ({ pipelineId, stage, attempt = 1 }: Told) => ({
  runId: `${pipelineId}-${stage}`,
  pipelineId,
  stage,
  algorithm: stage,
  attempt,
});

/** Tells of the start of a run and of its steps, as a trainer would. */
export async function tellSteps(events: EventPublisher, told: Told): Promise<void> {
  const { steps, from = 0 } = told;
  const run = runOf(told);
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

/** Tells of the end of a run: its checkpoint, its model, and that it has completed. */
export async function tellEnd(events: EventPublisher, told: Told): Promise<void> {
  const run = runOf(told);
  const { runId, pipelineId, stage } = run;
  const step = told.steps;
  const model = someDataref(`${runId}-model`);
  await events.publish('run.checkpointed', { ...run, step, checkpoint: someDataref(`${runId}-checkpoint`) });
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
