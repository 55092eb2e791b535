import { join } from 'node:path';
import {
  type Adapter,
  allocateBase,
  loadWeights,
  type Model,
  type ModelFiles,
  mergedModel,
  openAdapter,
  openModel,
  readAdapter,
} from '@open-chatgpt/models';
import { ParameterStore } from '@open-chatgpt/runtime';

/** Adapters that PEFT saved, in folders beside their bases. */
const GOLDEN = join(__dirname, '../../../models/golden/adapters');

/** One of the bases, with frozen weights. */
export async function goldenBase(name: string): Promise<Model> {
  return load(await openModel(join(GOLDEN, 'bases', name)));
}

/** One of the adapters. @throws ModelFileError when it cannot be added to its base at each run */
export async function goldenAdapter(name: string): Promise<Adapter> {
  return withFiles(name, (base, files) => readAdapter(base, files, name));
}

/** Its base with the adapter merged into the weights. */
export async function goldenMerged(name: string): Promise<Model> {
  return withFiles(name, (base, files) => load(mergedModel(base, files, name)));
}

async function withFiles<T>(
  name: string,
  use: (base: ModelFiles, files: Awaited<ReturnType<typeof openAdapter>>) => Promise<T>,
): Promise<T> {
  const files = await openAdapter(join(GOLDEN, name));
  const base = await openModel(join(GOLDEN, 'bases', files.baseModel!));
  try {
    return await use(base, files);
  } finally {
    await files.close();
    await base.close();
  }
}

async function load({ config, weights, close }: ModelFiles): Promise<Model> {
  const frozen = allocateBase(config, false);
  await loadWeights(frozen, weights);
  await close();
  return { config, lora: null, scalarHead: false, trained: new ParameterStore([]), frozen };
}
