import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { DataOf, Dataref } from '@open-chatgpt/events';
import { EventPublisher, PermanentError } from '@open-chatgpt/messaging';
import {
  getArenaFile,
  getExperience,
  type IterationExperience,
  putArenaFile,
  putWeights,
  type RunDescription,
  RunWork,
  SharedModels,
  workFolder,
} from '@open-chatgpt/ppo-exchange';
import { LOGGER, type Logger, OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { createValueTrainer, TrainingDiverged, type ValueTrainer } from '@open-chatgpt/training';

/** For so long after its last update a value model stays in memory; then it is rebuilt when it is needed. */
const IDLE_MS = 60 * 60_000;

/** What the value model is before anything is learned. */
const REWARD_MODEL = 'the reward model';

interface RunAtHand {
  /** A trainer of the value model as it is before anything is learned. */
  fresh: () => ValueTrainer;
  trainer: ValueTrainer;
  /** Hash of what was learned or restored last: of an experience or of a state. null: in the middle of it. */
  position: string | null;
  /** Of the last iteration that was learned. */
  metrics: Record<string, number>;
  seconds: number;
}

/**
 * Trains the value models of runs. It is told where a model shall be and gets it there from wherever it is: by one update
 * in the course of things; from the last checkpoint, by the updates since, when this process has been restarted; back at
 * the checkpoint when the learner of the policy has been. The same experience gives the same weights each time.
 */
@Injectable()
export class ValueService implements OnModuleDestroy {
  private readonly work: RunWork<RunAtHand>;

  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly models: SharedModels,
    private readonly events: EventPublisher,
  ) {
    this.work = new RunWork({ store, logger, open: (run) => this.open(run), idleMs: IDLE_MS });
  }

  onModuleDestroy(): void {
    this.work.close();
  }

  /** @param signal the process is to stop */
  async update(request: DataOf<'value.update-requested'>, signal: AbortSignal): Promise<void> {
    const { runId, iteration, run } = request;
    try {
      const learn = (atHand: RunAtHand) => this.carryOut(atHand, request);
      await this.work.carryOut({ runId, iteration }, run, learn, signal);
    } catch (error) {
      // Trying again would give the same; the learner finds the reason among the dead letters.
      if (error instanceof TrainingDiverged) throw new PermanentError(error.message);
      throw error;
    }
  }

  private async carryOut(atHand: RunAtHand, request: DataOf<'value.update-requested'>): Promise<void> {
    const { runId, iteration, run, save } = request;
    await this.bringUpToDate(atHand, request);
    const { trainer, metrics, seconds } = atHand;
    const folder = workFolder(this.store, run);
    const model = await putWeights(this.store, `${folder}/value`, trainer.weights());
    const state = save ? await putArenaFile(this.store, `${folder}/value-state`, trainer.state()) : undefined;
    // The next update names what it goes on from as this state.
    if (state) atHand.position = state.sha256;
    await this.events.publish('value.updated', { runId, iteration, model, metrics, seconds, state });
  }

  private async bringUpToDate(
    atHand: RunAtHand,
    { runId, base, experience }: DataOf<'value.update-requested'>,
  ): Promise<void> {
    const checkpoint = base?.state.sha256 ?? REWARD_MODEL;
    const pending = await this.since(atHand.position, experience);
    const before = pending.length > 0 ? pending[0].previous : experience;
    if (atHand.position !== (before?.sha256 ?? checkpoint)) {
      // The way back ended at the checkpoint without meeting what is in memory.
      this.logger.info(
        { runId, from: base?.iteration ?? 0, updates: pending.length },
        'Restoring the value model',
      );
      await this.restore(atHand, base?.state);
    }
    for (const { sha256, iteration, samples } of pending) {
      const since = performance.now();
      atHand.position = null;
      atHand.metrics = await atHand.trainer.learn(samples, iteration);
      atHand.position = sha256;
      atHand.seconds = (performance.now() - since) / 1000;
    }
  }

  /** The experience up to `last` that was not learned yet, oldest first: back to `position`, or to the checkpoint. */
  private async since(
    position: string | null,
    last: Dataref | undefined,
  ): Promise<(IterationExperience & { sha256: string })[]> {
    const found: (IterationExperience & { sha256: string })[] = [];
    for (let next = last; next && next.sha256 !== position; next = found[0].previous)
      found.unshift({ ...(await getExperience(this.store, next)), sha256: next.sha256 });
    return found;
  }

  private async restore(atHand: RunAtHand, state: Dataref | undefined): Promise<void> {
    atHand.position = null;
    if (state) {
      await atHand.trainer.restore((file) => getArenaFile(this.store, state, file));
      atHand.position = state.sha256;
    } else {
      atHand.trainer = atHand.fresh();
      atHand.position = REWARD_MODEL;
    }
    atHand.metrics = {};
    atHand.seconds = 0;
  }

  private async open(run: RunDescription): Promise<RunAtHand> {
    const reward = await this.models.rewardModel(run);
    const fresh = () => createValueTrainer(reward, run.ppo, run.padTokenId);
    return { fresh, trainer: fresh(), position: REWARD_MODEL, metrics: {}, seconds: 0 };
  }
}
