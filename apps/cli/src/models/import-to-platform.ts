import { basename } from 'node:path';
import type { ModelFiles } from '@open-chatgpt/models';
import { openObjectStore, publishFolder, s3OptionsFromEnv } from '@open-chatgpt/storage';
import { UsageError } from '../exit-codes';
import { type GatewayOptions, openGateway } from '../gateway/gateway-options';
import { formatCount } from '../terminal/format';
import { printJson } from '../terminal/json-line';
import { describeModel } from './describe-model';
import { withFolderToPublish } from './folder-to-publish';

export interface PlatformImport extends GatewayOptions {
  store: string;
  id?: string;
  dtype?: string;
  json?: boolean;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Puts a model into the store of a platform, and has its gateway make it known.
 * @param source as it was named; its last part is the id by default
 * @param path where it lies
 */
export async function importToPlatform(
  source: string,
  path: string,
  files: ModelFiles,
  options: PlatformImport,
): Promise<void> {
  const { store, dtype, json } = options;
  const modelId = options.id ?? nameOf(source);
  if (!ID.test(modelId))
    throw new UsageError(
      `"${modelId}" is no id of a model; give one of letters, digits, ".", "_" and "-" with --id`,
    );
  if (!files.tokenizer)
    throw new UsageError(
      `${source} has no tokenizer.json, without which nothing starts from a model; put the one of its model beside it`,
    );
  const gateway = openGateway(options);
  // Before anything is sent: whether it is there, and lets us in.
  await gateway.list('models', { limit: 1 });
  const objects = openObjectStore(store, s3OptionsFromEnv(process.env));
  const manifest = await withFolderToPublish(path, files, dtype, (folder) =>
    publishFolder(objects, `models/${modelId}`, folder),
  );
  await gateway.importModel({ modelId, name: modelId, manifest });
  const { family, parameters } = describeModel(files);
  if (json) {
    printJson({ type: 'imported', from: source, modelId, manifest, family, parameters });
    return;
  }
  console.log(`${modelId}: ${family}, ${formatCount(parameters)} parameters, ${manifest.uri}`);
  console.log(`A pipeline starts from it with  model: {path: "store:${modelId}"}`);
}

/** The last part of a path or of a hub id, without what tells the format or the revision. */
function nameOf(source: string): string {
  return basename(source)
    .replace(/@.*$/, '')
    .replace(/^builtin:/, '')
    .replace(/\.(gguf|safetensors)$/, '');
}
