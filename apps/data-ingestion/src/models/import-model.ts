import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fetchBuiltinModel, fetchHubModel, isHubModel } from '@open-chatgpt/download';
import type { DataOf, Dataref } from '@open-chatgpt/events';
import { elementCount, openModel, withModelFolder } from '@open-chatgpt/models';
import { makeCurrent, type ObjectStore, publishFolder } from '@open-chatgpt/storage';

/** A model that was imported. */
export interface ImportedModel {
  manifest: Dataref;
  kind: DataOf<'model.published'>['kind'];
  family: string;
  /** Number of weights. */
  parameters: number;
}

export interface ModelImport {
  /** `builtin:<name>`, a folder or file of this machine, or `owner/name[@revision]` of the Hugging Face hub. */
  source: string;
  modelId: string;
  store: ObjectStore;
  /** For downloads and the converted model. */
  workDir: string;
}

/**
 * Checks a model, and writes it to `models/<id>` in the store, in the Hugging Face layout. Idempotent: equal content is stored
 * once.
 * @throws Error that says what is wrong with the source; errors of the network and of the store
 */
export async function importModel({ source, modelId, store, workDir }: ModelImport): Promise<ImportedModel> {
  const folder = join(workDir, 'models');
  const path = await localPath(source, folder);
  const files = await openModel(path);
  try {
    if (!files.tokenizer)
      throw new Error(
        `${source} has no tokenizer.json, which every pipeline needs; add the tokenizer of the model to the folder`,
      );
    const prefix = `models/${modelId}`;
    const { manifest, kind } = await withModelFolder(path, files, { workFolder: folder }, async (made) => ({
      kind: existsSync(join(made, 'reward_normalization.json'))
        ? ('reward-model' as const)
        : ('language-model' as const),
      manifest: await publishFolder(store, prefix, made),
    }));
    await makeCurrent(store, prefix, { manifest });
    const parameters = files.weights.tensors().reduce((sum, { shape }) => sum + elementCount(shape), 0);
    return { manifest, kind, family: files.config.family, parameters };
  } finally {
    await files.close();
  }
}

async function localPath(source: string, folder: string): Promise<string> {
  const builtin = /^builtin:(.+)$/.exec(source)?.[1];
  if (builtin !== undefined) return fetchBuiltinModel(builtin, { folder });
  if (existsSync(source)) return source;
  if (isHubModel(source)) return fetchHubModel(source, { folder });
  throw new Error(
    `${source}: there is no such file or folder in this pod; mount it, or name builtin:<name> or owner/name`,
  );
}
