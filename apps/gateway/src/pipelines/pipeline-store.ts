import { json } from 'node:stream/consumers';
import { ObjectNotFoundError, type ObjectStore, PreconditionFailedError } from '@open-chatgpt/storage';
import type { Pipeline } from './pipeline';

const PREFIX = 'pipelines/';
const keyOf = (pipelineId: string) => `${PREFIX}${pipelineId}.json`;

/** Submitted pipelines as documents in the object store. Several gateways may change one: each change is a compare-and-swap. */
export class PipelineStore {
  constructor(private readonly store: ObjectStore) {}

  /** @throws PreconditionFailedError when there is one of that id */
  async create(pipeline: Pipeline): Promise<void> {
    await this.store.put(keyOf(pipeline.pipelineId), encode(pipeline), { ifNoneMatch: '*' });
  }

  async get(pipelineId: string): Promise<Pipeline | null> {
    return (await this.read(pipelineId))?.pipeline ?? null;
  }

  async list(): Promise<Pipeline[]> {
    const all: Pipeline[] = [];
    for await (const { key } of this.store.list(PREFIX)) {
      const pipeline = await this.get(key.slice(PREFIX.length, -'.json'.length));
      if (pipeline) all.push(pipeline);
    }
    return all;
  }

  /** Changes a pipeline, again from what it then is when somebody else did in between; null when there is none. */
  async update(pipelineId: string, change: (pipeline: Pipeline) => Pipeline): Promise<Pipeline | null> {
    for (;;) {
      const found = await this.read(pipelineId);
      if (!found) return null;
      const changed = change(found.pipeline);
      if (JSON.stringify(changed) === JSON.stringify(found.pipeline)) return changed;
      try {
        await this.store.put(keyOf(pipelineId), encode(changed), { ifMatch: found.etag });
        return changed;
      } catch (error) {
        if (!(error instanceof PreconditionFailedError)) throw error;
      }
    }
  }

  private async read(pipelineId: string): Promise<{ pipeline: Pipeline; etag: string } | null> {
    const key = keyOf(pipelineId);
    const head = await this.store.head(key);
    if (!head) return null;
    try {
      return { pipeline: (await json(await this.store.get(key))) as Pipeline, etag: head.etag };
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return null;
      throw error;
    }
  }
}

function encode(pipeline: Pipeline): Buffer {
  return Buffer.from(`${JSON.stringify(pipeline, null, 2)}\n`);
}
