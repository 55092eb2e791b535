import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedTensors } from '@open-chatgpt/sizing';
import { parseModelConfig } from '../config/parse-model-config';

interface Golden {
  cases: { name: string; config: Record<string, unknown>; tensors: Record<string, number[]> }[];
}
const golden: Golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'families.json'), 'utf8'));

describe('expectedTensors', () => {
  it.each(golden.cases)('are the tensors that transformers saves: $name', ({ config, tensors }) => {
    const found = expectedTensors(parseModelConfig(config, 'config.json'));
    expect(Object.fromEntries(found.map(({ name, shape }) => [name, shape]))).toEqual(tensors);
  });
});
