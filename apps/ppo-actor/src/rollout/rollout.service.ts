import { Injectable } from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import { PermanentError } from '@open-chatgpt/messaging';
import type { Model } from '@open-chatgpt/models';
import {
  computeExclusively,
  getPrompts,
  loadVersion,
  putRollouts,
  type RunDescription,
  type RunExecutor,
  WorkerServices,
} from '@open-chatgpt/ppo-exchange';
import {
  type Actor,
  createActor,
  createPolicy,
  type DroppedSample,
  type Rollout,
  weightsVersion,
} from '@open-chatgpt/training';

interface RunContext {
  actor: Actor;
  /** Holds the weights of the version that the last item named. */
  policy: Model;
  referenceVersion: string;
}

/** Samples responses to the prompts of work items. Keeps no state that an item depends on, so any replica takes any item. */
@Injectable()
export class RolloutService {
  private readonly runs: RunExecutor<RunContext>;

  constructor(private readonly services: WorkerServices) {
    this.runs = services.createExecutor({ kind: 'rollout', open: (run) => this.open(run) });
  }

  /**
   * @param queueSeconds that the item waited in its queue
   * @param signal the process stops: the item is given back at once, and another process executes it
   * @throws StepAbandoned on abort
   */
  async execute(item: DataOf<'rollout.requested'>, queueSeconds: number, signal: AbortSignal): Promise<void> {
    const { runId, itemId, iteration, run } = item;
    const work = (context: RunContext) => this.sample(context, item, queueSeconds, signal);
    await this.runs.execute({ runId, itemId, iteration }, run, work, signal);
  }

  private async sample(
    context: RunContext,
    item: DataOf<'rollout.requested'>,
    queueSeconds: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, events, metrics } = this.services;
    const { policy, referenceVersion, prompts, seed, ...passedOn } = item;
    if (context.referenceVersion !== referenceVersion)
      throw new PermanentError(
        `the reference model of this worker has the hash ${context.referenceVersion}; expected ${referenceVersion}, as the ` +
          'learner has; put the same model at its path on every machine',
      );
    const batches = await getPrompts(store, prompts);
    const { result, seconds } = await computeExclusively(async () => {
      // Not earlier: another item may be sampling with the weights of another version.
      await loadVersion(store, context.policy.trained, policy);
      const rollouts: Rollout[][] = [];
      const dropped: DroppedSample[] = [];
      for (const batch of batches) {
        const sampled = await context.actor.rollOut({ ...item, ...batch }, signal);
        rollouts.push(sampled.rollouts);
        dropped.push(...sampled.dropped);
      }
      return { batches: rollouts, dropped };
    });
    await events.publish(
      'rollout.generated',
      {
        ...passedOn,
        policyVersion: policy.version,
        rollouts: await putRollouts(store, prompts, result),
        seconds: { queue: queueSeconds, rollout: seconds },
      },
      { id: `${item.runId}/${item.itemId}/${policy.version.slice(0, 16)}` },
    );
    metrics.counter('ppo_samples_total', 'Responses sampled.').inc(result.batches.flat().length);
    metrics.counter('ppo_sampling_seconds_total', 'Seconds of sampling.').inc(seconds);
  }

  private async open(run: RunDescription): Promise<RunContext> {
    const base = await this.services.models.base(run);
    const policy = createPolicy(base, run.ppo);
    return {
      actor: createActor(policy, base, run.ppo),
      policy,
      referenceVersion: weightsVersion(base.weights),
    };
  }
}
