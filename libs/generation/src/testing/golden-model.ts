import { join } from 'node:path';
import {
  adaptModel,
  allocateBase,
  allocateModel,
  loadWeights,
  type Model,
  openModel,
} from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';

const GOLDEN = join(__dirname, '../../../models/golden');

/** One of the tiny models of PyTorch's golden files. */
export async function goldenModel(name: string, change: Partial<Model['config']> = {}): Promise<Model> {
  const files = await openModel(join(GOLDEN, name));
  const model = allocateModel({ ...files.config, ...change });
  await loadWeights(model.trained, files.weights);
  await files.close();
  return model;
}

/** The same model with a random adapter on some of its modules. */
export async function goldenLoraModel(name: string, targetModules: string[]): Promise<Model> {
  const files = await openModel(join(GOLDEN, name));
  const base = allocateBase(files.config, false);
  await loadWeights(base, files.weights);
  await files.close();
  const model = adaptModel(files.config, base, { r: 2, loraAlpha: 4, loraDropout: 0.1, targetModules });
  const rng = createRng(3);
  for (const { data } of model.trained.all)
    for (let i = 0; i < data.length; i++) data[i] = 0.3 * rng.normal();
  return model;
}
