import { Injectable } from '@nestjs/common';
import type { DataOf, Dataref } from '@open-chatgpt/events';
import { PermanentError } from '@open-chatgpt/messaging';
import {
  getArenaFile,
  getValueExperience,
  type IterationExperience,
  learnerFolder,
  putArenaFile,
  putWeights,
  type RunDescription,
  type RunExecutor,
  WorkerServices,
} from '@open-chatgpt/ppo-exchange';
import { createValueTrainer, TrainingDiverged, type ValueTrainer } from '@open-chatgpt/training';

/** Time for which a value model stays in memory after its last update: loading it again is slow. */
const IDLE_MS = 60 * 60_000;

/** Position of a value model before its first update. */
const REWARD_MODEL = 'the reward model';

interface RunContext {
  /** A trainer of the value model as it is before its first update. */
  createTrainer: () => ValueTrainer;
  trainer: ValueTrainer;
  /** Hash of the experience or state that was applied last; null while one is being applied. */
  position: string | null;
  /** Of the last update. */
  metrics: Record<string, number>;
}

/**
 * Trains the value models of runs. A request names the iteration to arrive at, and this service starts from where its
 * model is: usually one update; after a restart of this process, all updates since the last checkpoint; after a restart of
 * the policy's learner, the checkpoint itself. The same experience always gives the same weights.
 */
@Injectable()
export class ValueService {
  private readonly runs: RunExecutor<RunContext>;

  constructor(private readonly services: WorkerServices) {
    this.runs = services.createExecutor({ kind: 'value', open: (run) => this.open(run), idleMs: IDLE_MS });
  }

  /**
   * @param signal the process stops: the request is given back at once, and another process starts from the checkpoint
   * @throws StepAbandoned on abort
   */
  async execute(request: DataOf<'value.update-requested'>, signal: AbortSignal): Promise<void> {
    const { runId, iteration, run } = request;
    const work = (context: RunContext) => this.update(context, request, signal);
    try {
      await this.runs.execute({ runId, iteration }, run, work, signal);
    } catch (error) {
      // A retry would diverge again. The learner reads the reason from the dead letter.
      if (error instanceof TrainingDiverged) throw new PermanentError(error.message);
      throw error;
    }
  }

  private async update(
    context: RunContext,
    request: DataOf<'value.update-requested'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, events } = this.services;
    const { runId, iteration, run, save } = request;
    await this.catchUp(context, request, signal);
    const { trainer, metrics } = context;
    const folder = learnerFolder(store, run);
    const model = await putWeights(store, `${folder}/value`, trainer.weights());
    const state = save ? await putArenaFile(store, `${folder}/value-state`, trainer.state()) : undefined;
    // The next request names this state as its base.
    if (state) context.position = state.sha256;
    await events.publish('value.updated', { runId, iteration, model, metrics, state });
  }

  private async catchUp(
    context: RunContext,
    { runId, base, experience }: DataOf<'value.update-requested'>,
    signal: AbortSignal,
  ): Promise<void> {
    const checkpoint = base?.state.sha256 ?? REWARD_MODEL;
    const pending = await this.experienceSince(context.position, experience);
    const before = pending.length > 0 ? pending[0].previous : experience;
    if (context.position !== (before?.sha256 ?? checkpoint)) {
      // The chain of experience leads back to the checkpoint without passing the model in memory.
      this.services.logger.info(
        { runId, from: base?.iteration ?? 0, updates: pending.length },
        'Restoring the value model',
      );
      await this.restore(context, base?.state);
    }
    for (const { sha256, iteration, samples } of pending) {
      context.position = null;
      context.metrics = await context.trainer.learn(samples, iteration, signal);
      context.position = sha256;
    }
  }

  /** The experience up to `last`, oldest first, back to `position` or else to the checkpoint. */
  private async experienceSince(
    position: string | null,
    last: Dataref | undefined,
  ): Promise<(IterationExperience & { sha256: string })[]> {
    const found: (IterationExperience & { sha256: string })[] = [];
    for (let next = last; next && next.sha256 !== position; next = found[0].previous)
      found.unshift({ ...(await getValueExperience(this.services.store, next)), sha256: next.sha256 });
    return found;
  }

  private async restore(context: RunContext, state: Dataref | undefined): Promise<void> {
    context.position = null;
    if (state) {
      await context.trainer.restore((file) => getArenaFile(this.services.store, state, file));
      context.position = state.sha256;
    } else {
      context.trainer = context.createTrainer();
      context.position = REWARD_MODEL;
    }
    context.metrics = {};
  }

  private async open(run: RunDescription): Promise<RunContext> {
    const reward = await this.services.models.rewardModel(run);
    const createTrainer = () => createValueTrainer(reward, run.ppo, run.padTokenId);
    return { createTrainer, trainer: createTrainer(), position: REWARD_MODEL, metrics: {} };
  }
}
