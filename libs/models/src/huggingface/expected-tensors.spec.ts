import { parseModelConfig } from '../config/parse-model-config';
import { expectedTensors } from './expected-tensors';
import golden from './golden/families.json';

describe('expectedTensors', () => {
  it.each(golden.cases)('are what transformers saves: $name', ({ config, tensors }) => {
    const found = expectedTensors(parseModelConfig(config, 'config.json'));
    expect(Object.fromEntries(found.map(({ name, shape }) => [name, shape]))).toEqual(tensors);
  });
});
