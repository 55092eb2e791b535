import { buffer } from 'node:stream/consumers';
import { type DataOf, EVENTS } from '@open-chatgpt/events';
import { ObjectNotFoundError, type ObjectStore } from '@open-chatgpt/storage';
import { z } from 'zod';

const schema = z.object({ time: z.string(), model: EVENTS['model.published'].data });

/** A model that was published, and when. */
export type PublishedModel = z.output<typeof schema>;

/**
 * Which published model a name stands for, kept in the object store: events are kept for a week or only in memory, and
 * a service that starts again serves what it served before.
 */
export class LatestModel {
  private known: PublishedModel | null = null;

  /** @param of the pipeline or name that is followed; null for all */
  constructor(
    private readonly store: ObjectStore,
    private readonly name: string,
    private readonly of: string | null,
  ) {}

  get current(): PublishedModel | null {
    return this.known;
  }

  async restore(): Promise<void> {
    try {
      const text = await buffer(await this.store.get(this.key));
      this.known = schema.parse(JSON.parse(text.toString()));
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
    }
  }

  /** @returns whether it is the newest of those that are followed, which it stands for from now on */
  async offer(published: PublishedModel): Promise<boolean> {
    if (!this.follows(published.model)) return false;
    if (this.known && published.time <= this.known.time) return false;
    this.known = published;
    await this.store.put(this.key, Buffer.from(`${JSON.stringify(published, null, 2)}\n`));
    return true;
  }

  /** A reward model answers nothing, and what was imported has not learned to: it is served by its id. */
  private follows({ stage, name, lineage }: DataOf<'model.published'>): boolean {
    if (stage === 'reward' || stage === 'base') return false;
    return this.of === null || this.of === name || this.of === lineage.pipelineId;
  }

  private get key(): string {
    return `inference/${this.name}.json`;
  }
}
