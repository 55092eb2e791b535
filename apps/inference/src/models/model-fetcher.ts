import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { builtinSampling, fetchBuiltinModel } from '@open-chatgpt/download';
import { currentFolder, type FolderReference, fetchFolder, type ObjectStore } from '@open-chatgpt/storage';
import type { FixedSource } from '../config/model-source';

/** A model on this machine. */
export interface LocalModel {
  path: string;
  /** Changes with the model. */
  version: string;
  /** How its publisher samples, where the files do not say it. */
  sampling?: Readonly<Record<string, unknown>>;
}

type Reference = Pick<FolderReference, 'uri' | 'sha256'>;

/** Brings models to this machine. Those of the object store are verified, and cached by their content. */
export class ModelFetcher {
  /** @param store null for a service without a platform */
  constructor(
    readonly store: ObjectStore | null,
    private readonly cacheDir: string,
  ) {}

  async fetch(source: FixedSource): Promise<LocalModel> {
    switch (source.kind) {
      case 'path':
        return { path: source.path, version: hash(source.path) };
      case 'builtin':
        return {
          path: await fetchBuiltinModel(source.name),
          version: hash(source.name),
          sampling: builtinSampling(source.name),
        };
      case 'store':
        return this.fetchById(source.modelId);
      case 'manifest':
        return this.fetchManifest(await this.referenceTo(source.uri));
    }
  }

  /** The platform's store. */
  get objects(): ObjectStore {
    if (this.store) return this.store;
    throw new Error('this process has no object store');
  }

  async fetchManifest(reference: Reference): Promise<LocalModel> {
    return { path: await fetchFolder(this.objects, reference, this.cacheDir), version: reference.sha256 };
  }

  /** The current model of an id: of its completed run, or of its import. */
  private async fetchById(modelId: string): Promise<LocalModel> {
    const found = await currentFolder(this.objects, `models/${modelId}`);
    if (!found)
      throw new Error(`${this.objects.url} has no model "${modelId}"; openchat get models lists the models`);
    const { path, version } = await this.fetchManifest(found.manifest);
    return { path: found.file === undefined ? path : join(path, found.file), version };
  }

  private async referenceTo(uri: string): Promise<Reference> {
    const base = this.base();
    if (!uri.startsWith(base)) throw new Error(`${uri} is not in the object store ${this.objects.url}`);
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
