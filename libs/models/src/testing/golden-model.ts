import { join } from 'node:path';
import { openModel } from '../huggingface/open-model';
import { loadWeights } from '../model/load-weights';
import { adaptModel, allocateBase, allocateModel, type Model } from '../model/model';
import { openAdapter } from '../peft/open-adapter';

export const GOLDEN = join(__dirname, '../../golden');

/** The model of one of PyTorch's golden cases, fully trained. */
export async function goldenModel(name: string): Promise<Model> {
  const files = await openModel(join(GOLDEN, name));
  const model = allocateModel(files.config);
  await loadWeights(model.trained, files.weights);
  await files.close();
  return model;
}

/** The model of a case with an adapter: the base frozen, the adapter trained. */
export async function goldenAdaptedModel(name: string): Promise<Model> {
  const files = await openModel(join(GOLDEN, name));
  const base = allocateBase(files.config, false);
  await loadWeights(base, files.weights);
  await files.close();
  const adapter = await openAdapter(join(GOLDEN, name));
  const model = adaptModel(files.config, base, adapter.config);
  await loadWeights(model.trained, adapter.weights);
  await adapter.close();
  return model;
}
