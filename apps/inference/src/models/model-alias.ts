import { buffer } from 'node:stream/consumers';
import { type DataOf, EVENTS } from '@open-chatgpt/events';
import { manifestKeyOf, ObjectNotFoundError, type ObjectStore } from '@open-chatgpt/storage';
import { z } from 'zod';

const schema = z.object({ time: z.string(), model: EVENTS['model.published'].data });

/** A model of `model.published`, and when the store got it. */
type PublishedModel = z.output<typeof schema>;

/**
 * A name that stands for the latest published model of a pipeline. The model is kept in the object store, so that a
 * service that restarts serves it again: events are kept for a week, or in memory only.
 */
export class ModelAlias {
  private latest: PublishedModel | null = null;

  /** @param of the pipeline or model name to follow; null for all */
  constructor(
    private readonly store: ObjectStore,
    private readonly name: string,
    private readonly of: string | null,
  ) {}

  get current(): PublishedModel | null {
    return this.latest;
  }

  async restore(): Promise<void> {
    try {
      const text = await buffer(await this.store.get(this.key));
      this.latest = schema.parse(JSON.parse(text.toString()));
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
    }
  }

  /**
   * Points to this model if it matches and is newer than the current one, by the clock of the store: those of the trainers
   * may differ. A model that the store no longer has is old. @returns whether it does now
   */
  async update(model: DataOf<'model.published'>): Promise<boolean> {
    if (!this.matches(model) || model.manifest.sha256 === this.latest?.model.manifest.sha256) return false;
    const stored = await this.store.head(manifestKeyOf(this.store, model.manifest));
    if (!stored) return false;
    const published = { time: stored.lastModified.toISOString(), model };
    if (this.latest && published.time < this.latest.time) return false;
    this.latest = published;
    await this.store.put(this.key, Buffer.from(`${JSON.stringify(published, null, 2)}\n`));
    return true;
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
