import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModelConfig } from './parse-model-config';
import { ropeTables } from './rope';

interface Golden {
  cases: {
    name: string;
    config: Record<string, unknown>;
    length: number;
    positions: number[];
    cos: number[][];
    sin: number[][];
  }[];
}
const golden: Golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'rope.json'), 'utf8'));

describe('ropeTables', () => {
  it.each(golden.cases)('equals transformers: $name', (wanted) => {
    const config = parseModelConfig({ ...wanted.config, tie_word_embeddings: true }, 'config.json');
    const { cos, sin } = ropeTables(config, wanted.length);
    const half = config.headDim / 2;
    expect(cos).toHaveLength(wanted.length * half);
    wanted.positions.forEach((position, row) => {
      for (let i = 0; i < half; i++) {
        expect(Math.abs(cos[position * half + i] - wanted.cos[row][i])).toBeLessThan(1e-5);
        expect(Math.abs(sin[position * half + i] - wanted.sin[row][i])).toBeLessThan(1e-5);
      }
    });
  });

  it('distinguishes the scalings', () => {
    const rows = golden.cases.map(({ cos }) => JSON.stringify(cos));
    expect(new Set(rows).size).toBe(rows.length);
  });
});
