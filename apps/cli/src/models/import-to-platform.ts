import { cacheFolder } from '@open-chatgpt/cache';
import { type ModelFiles, withModelFolder } from '@open-chatgpt/models';
import { openObjectStore, publishFolder, s3OptionsFromEnv } from '@open-chatgpt/storage';
import { UsageError } from '../exit-codes';
import { type GatewayOptions, openGateway } from '../gateway/gateway-options';
import { createSideProgress } from '../progress';
import { formatCount } from '../terminal/format';
import { print, printJson } from '../terminal/print';
import { printWarnings } from '../terminal/warn';
import { describeModel } from './describe-model';
import { modelName } from './model-source';
import { dtypes } from './write-model';

export interface PlatformImport extends GatewayOptions {
  store: string;
  id?: string;
  dtype?: string;
  json?: boolean;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Writes a model to the store of a platform, and registers it at the gateway.
 * @param source the model as given; its last part is the default id
 * @param path local path of the model
 */
export async function importToPlatform(
  source: string,
  path: string,
  files: ModelFiles,
  options: PlatformImport,
): Promise<void> {
  const { store, dtype, json } = options;
  const modelId = options.id ?? modelName(source);
  if (!ID.test(modelId))
    throw new UsageError(
      `"${modelId}" is not a valid id of a model; use letters, digits, ".", "_" and "-" in --id`,
    );
  if (!files.tokenizer)
    throw new UsageError(
      `${source} has no tokenizer.json, which every pipeline needs; add the tokenizer of the model to the folder`,
    );
  const gateway = openGateway(options);
  // Checks the gateway and the token before the upload.
  await gateway.list('models', { limit: 1 });
  const objects = openObjectStore(store, s3OptionsFromEnv(process.env));
  const progress = createSideProgress();
  const manifest = await withModelFolder(
    path,
    files,
    {
      workFolder: cacheFolder('models'),
      ...(dtype !== undefined && { dtype: dtypes[dtype] }),
      onProgress: (done, total) => progress.loading('writing weights', done, total),
    },
    (folder) => publishFolder(objects, `models/${modelId}`, folder),
  ).finally(() => progress.close());
  await gateway.importModel({ modelId, name: modelId, manifest });
  const { family, parameters } = describeModel(files);
  printWarnings([...files.warnings, ...(files.tokenizer.warnings ?? [])]);
  if (json) {
    printJson({ type: 'imported', from: source, modelId, manifest, family, parameters });
    return;
  }
  print(`${modelId}: ${family}, ${formatCount(parameters)} parameters, ${manifest.uri}`);
  print(`A pipeline starts from it with  model: {path: "store:${modelId}"}`);
}
