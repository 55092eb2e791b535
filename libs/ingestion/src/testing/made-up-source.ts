import { ADAPTERS, type Adapter, type RawRow } from '@open-chatgpt/datasets';
import { createRng } from '@open-chatgpt/random';
import type { IngestSource } from '../ingest/options';

/** One of the product's adapters. */
export const adapterOf = (name: string) => ADAPTERS.find((candidate) => candidate.name === name) as Adapter;

/** How many rows `ROWS` has. */
export const COUNT = 1000;

const rng = createRng(9);
/** A word of five letters. */
const word = () => (rng.int(26 ** 4) + 26 ** 4).toString(26).replace(/\d/g, (d) => 'qrstuvwxyz'[Number(d)]);

/** Words that are made up. */
export const sentence = (count: number) => Array.from({ length: count }, word).join(' ');

/** Made-up instruction rows; every tenth is one of the troubles. */
export const ROWS: unknown[] = Array.from({ length: COUNT }, (_, i) => ({
  instruction: `Tell me about ${sentence(4)}`,
  input: i % 3 ? '' : sentence(3),
  output: sentence(10 + rng.int(40)),
}));
for (let i = 50; i < COUNT; i += 10) {
  const good = ROWS[i - 7] as { instruction: string; input: string; output: string };
  ROWS[i] = [
    { ...good, output: '' },
    good,
    { ...good, instruction: good.instruction.toUpperCase() },
    { ...good, input: '', output: 'no' },
    'not a row',
    { instruction: 'q' },
    { instruction: good.instruction, input: '<noinput>', output: `${sentence(20)}\u0000` },
  ][(i / 10) % 7];
}

/** The rows of a source, which fails before the row `stopAt`. */
export async function* stream(
  values: readonly unknown[],
  stopAt = Number.POSITIVE_INFINITY,
): AsyncGenerator<RawRow> {
  for (const [index, value] of values.entries()) {
    if (index === stopAt) throw new Error('the power went out');
    if (value === 'broken') yield { line: index + 1, reason: 'brokenJson', text: '{"a":' };
    else yield { line: index + 1, value };
  }
}

/** A source of Alpaca's rows; it fails before the row `stopAt`. */
export const source = (values: readonly unknown[], stopAt?: number, name = 'made-up'): IngestSource => ({
  name,
  rows: stream(values, stopAt),
  adapter: adapterOf('alpaca'),
  describe: () => ({ uri: `file:${name}.jsonl`, sha256: 'cd'.repeat(32) }),
});
