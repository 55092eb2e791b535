import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { DataOf, Dataref } from '@open-chatgpt/events';
import { EventPublisher, PermanentError } from '@open-chatgpt/messaging';
import type { Model } from '@open-chatgpt/models';
import {
  droppedToEvent,
  inTurn,
  loadVersion,
  type RunDescription,
  RunWork,
  rolloutToEvent,
  SharedModels,
} from '@open-chatgpt/ppo-exchange';
import { LOGGER, type Logger, MetricsService, OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { type Actor, createActor, createPolicy, weightsVersion } from '@open-chatgpt/training';

interface RunAtHand {
  actor: Actor;
  /** Takes the weights of whichever version an item names. */
  policy: Model;
  referenceVersion: string;
}

/** Samples responses to the prompts of work items; keeps nothing that another process could not. */
@Injectable()
export class RolloutService implements OnModuleDestroy {
  private readonly work: RunWork<RunAtHand>;

  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(LOGGER) logger: Logger,
    private readonly models: SharedModels,
    private readonly events: EventPublisher,
    private readonly metrics: MetricsService,
  ) {
    this.work = new RunWork({ store, logger, open: (run) => this.open(run) });
  }

  onModuleDestroy(): void {
    this.work.close();
  }

  /** @param queued seconds that the item waited in line @param signal the process is to stop */
  async answer(request: DataOf<'rollout.requested'>, queued: number, signal: AbortSignal): Promise<void> {
    const { run, runId, itemId } = request;
    if (!run) throw new PermanentError(`rollout.requested ${itemId} does not name its run`);
    const sample = (atHand: RunAtHand) => this.sample(atHand, request, run, queued);
    await this.work.carryOut({ runId, itemId }, run, sample, signal);
  }

  private async sample(
    atHand: RunAtHand,
    request: DataOf<'rollout.requested'>,
    run: Dataref,
    queued: number,
  ): Promise<void> {
    const { runId, itemId, iteration, policy, reference, value, klCoef, evaluation, sampling, prompts } =
      request;
    if (atHand.referenceVersion !== reference.version)
      throw new PermanentError(
        `the reference model is another one here (${atHand.referenceVersion}) than the learner's (${reference.version}); ` +
          'see that the same model lies at its path everywhere',
      );
    await loadVersion(this.store, atHand.policy.trained, policy);
    const { rollouts, dropped, seconds } = await inTurn(async () => {
      const start = performance.now();
      const sampled = await atHand.actor.rollOut({
        id: itemId,
        iteration,
        evaluation: evaluation ?? false,
        klCoef,
        seed: sampling.seed,
        firstIndex: sampling.firstIndex ?? 0,
        prompts,
      });
      return { ...sampled, seconds: (performance.now() - start) / 1000 };
    });
    await this.events.publish(
      'rollout.generated',
      {
        runId,
        itemId,
        iteration,
        run,
        value,
        evaluation,
        policyVersion: policy.version,
        klCoef,
        samples: rollouts.map(rolloutToEvent),
        dropped: droppedToEvent(dropped),
        seconds: { queue: queued, rollout: seconds },
      },
      { id: `${runId}/${itemId}/${policy.version.slice(0, 16)}` },
    );
    this.metrics.counter('ppo_samples_total', 'Responses that were sampled.').inc(rollouts.length);
    this.metrics.counter('ppo_sampling_seconds_total', 'Seconds spent on sampling.').inc(seconds);
  }

  private async open(run: RunDescription): Promise<RunAtHand> {
    const base = await this.models.base(run);
    const policy = createPolicy(base, run.ppo);
    return {
      actor: createActor(policy, base, run.ppo),
      policy,
      referenceVersion: weightsVersion(base.weights),
    };
  }
}
