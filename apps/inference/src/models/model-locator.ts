import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { fetchBuiltinModel } from '@open-chatgpt/models';
import { type FolderReference, fetchFolder, type ObjectStore } from '@open-chatgpt/storage';
import type { ModelSource } from '../config/model-source';

/** A model on this machine. */
export interface LocatedModel {
  path: string;
  /** Changes when the model does. */
  version: string;
}

type Reference = Pick<FolderReference, 'uri' | 'sha256'>;

/** Brings models to this machine; those of the object store are verified and kept by their content. */
export class ModelLocator {
  /** @param store null where no platform is at hand */
  constructor(
    private readonly store: ObjectStore | null,
    private readonly cacheDir: string,
  ) {}

  async locate(source: Exclude<ModelSource, { kind: 'latest' }>): Promise<LocatedModel> {
    switch (source.kind) {
      case 'path':
        return { path: source.path, version: hash(source.path) };
      case 'builtin':
        return { path: await fetchBuiltinModel(source.name), version: hash(source.name) };
      case 'store':
        return this.fetch(await this.newestOf(source.modelId));
      case 'manifest':
        return this.fetch(await this.referenceTo(source.uri));
    }
  }

  /** The platform's store. */
  get objects(): ObjectStore {
    if (this.store) return this.store;
    throw new Error('this process has no object store');
  }

  async fetch(reference: Reference): Promise<LocatedModel> {
    return { path: await fetchFolder(this.objects, reference, this.cacheDir), version: reference.sha256 };
  }

  /** What was published last under `models/<id>/`. */
  private async newestOf(modelId: string): Promise<Reference> {
    const store = this.objects;
    let newest: { key: string; at: number } | null = null;
    for await (const { key, lastModified } of store.list(`models/${modelId}/`)) {
      const at = lastModified.getTime();
      if (key.endsWith('/manifest.json') && (!newest || at > newest.at)) newest = { key, at };
    }
    if (!newest)
      throw new Error(`${store.url} has no model "${modelId}" (no models/${modelId}/…/manifest.json)`);
    return this.referenceTo(`${this.base()}${newest.key}`);
  }

  private async referenceTo(uri: string): Promise<Reference> {
    const base = this.base();
    if (!uri.startsWith(base)) throw new Error(`${uri} does not lie in the object store ${this.objects.url}`);
    const text = await buffer(await this.objects.get(uri.slice(base.length)));
    return { uri, sha256: createHash('sha256').update(text).digest('hex') };
  }

  private base(): string {
    const { url } = this.objects;
    return url.endsWith('/') ? url : `${url}/`;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
