import { join } from 'node:path';
import { allocateModel, loadWeights, type Model, openModel } from '@open-chatgpt/models';

const GOLDEN = join(__dirname, '../../../models/golden');

export const goldenFolder = (name: string): string => join(GOLDEN, name);

/** The model of one of PyTorch's golden cases, all of it trained. */
export async function goldenModel(name: string, scalarHead = false): Promise<Model> {
  const files = await openModel(goldenFolder(name));
  const model = allocateModel(files.config, { scalarHead });
  await loadWeights(model.trained, files.weights);
  await files.close();
  return model;
}
