import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fetchBuiltinModel } from '@open-chatgpt/download';
import { currentFolder, type FolderReference, fetchFolder, type ObjectStore } from '@open-chatgpt/storage';
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
        return this.current(source.modelId);
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

  /** The model of an id. Folders that no completed run and no import stands behind do not count. */
  private async current(modelId: string): Promise<LocatedModel> {
    const found = await currentFolder(this.objects, `models/${modelId}`);
    if (!found)
      throw new Error(
        `${this.objects.url} has no model "${modelId}"; openchat platform get models shows those there are`,
      );
    const { path, version } = await this.fetch(found.manifest);
    return { path: found.file === undefined ? path : join(path, found.file), version };
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
