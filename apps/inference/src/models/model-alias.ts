import { buffer } from 'node:stream/consumers';
import { type DataOf, EVENTS } from '@open-chatgpt/events';
import { manifestKeyOf, ObjectNotFoundError, type ObjectStore } from '@open-chatgpt/storage';
import { z } from 'zod';

/** A model of `model.published`, and when the store got it. */
const published = z.object({ time: z.string(), model: EVENTS['model.published'].data });

const schema = published.extend({
  previous: published.nullable().default(null),
  refused: z.string().nullable().default(null).describe('the manifest of a model that is not to come back'),
});

type State = z.output<typeof schema>;

/**
 * A name that stands for the latest published model of a pipeline. The model is kept in the object store, so that a
 * service that restarts serves it again: events are kept for a week, or in memory only.
 */
export class ModelAlias {
  private state: State | null = null;

  /** @param of the pipeline or model name to follow; null for all */
  constructor(
    private readonly store: ObjectStore,
    private readonly name: string,
    private readonly of: string | null,
  ) {}

  get current(): State | null {
    return this.state;
  }

  /** Reads what any process has stored. */
  async restore(): Promise<void> {
    try {
      const text = await buffer(await this.store.get(this.key));
      this.state = schema.parse(JSON.parse(text.toString()));
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
    }
  }

  /**
   * Points to this model if it matches and is newer than the current one, by the clock of the store: those of the trainers
   * may differ. A model that the store no longer has is old. @returns whether it does now
   */
  async update(model: DataOf<'model.published'>): Promise<boolean> {
    if (!this.matches(model)) return false;
    await this.restore();
    const { sha256 } = model.manifest;
    if (sha256 === this.state?.model.manifest.sha256 || sha256 === this.state?.refused) return false;
    const stored = await this.store.head(manifestKeyOf(this.store, model.manifest));
    if (!stored) return false;
    const time = stored.lastModified.toISOString();
    if (this.state && time < this.state.time) return false;
    const previous = this.state && { time: this.state.time, model: this.state.model };
    await this.write({ time, model, previous, refused: this.state?.refused ?? null });
    return true;
  }

  /** Points to the model before, for good: the current one does not come back. @returns false where there is none */
  async rollBack(): Promise<boolean> {
    if (!this.state?.previous) return false;
    const { previous, model } = this.state;
    await this.write({ ...previous, previous: null, refused: model.manifest.sha256 });
    return true;
  }

  private async write(state: State): Promise<void> {
    this.state = state;
    await this.store.put(this.key, Buffer.from(`${JSON.stringify(state, null, 2)}\n`));
  }

  /** Reward models generate no text; imported models are not trained here and are served by their id. */
  private matches({ kind, algorithm, name, lineage }: DataOf<'model.published'>): boolean {
    if (kind === 'reward-model' || algorithm === undefined) return false;
    return this.of === null || this.of === name || this.of === lineage.pipelineId;
  }

  private get key(): string {
    return `inference/${this.name}.json`;
  }
}
