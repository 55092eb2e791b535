import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer } from './load-tokenizer';

const folder = join(__dirname, '../golden');
const golden: {
  texts: string[];
  cases: { tokenizer: number; config: Record<string, unknown>; ids: number[][]; decoded: string[] }[];
} = JSON.parse(readFileSync(join(folder, 'llama-class.json'), 'utf8'));

const nameOf = ({ tokenizer, config }: (typeof golden.cases)[number]) => {
  const { tokenizer_class, legacy, add_prefix_space } = config;
  return `tokenizer ${tokenizer}: ${JSON.stringify({ tokenizer_class, legacy, add_prefix_space })}`;
};
const open = ({ tokenizer, config }: Pick<(typeof golden.cases)[number], 'tokenizer' | 'config'>) =>
  loadTokenizer({
    tokenizerJson: readFileSync(join(folder, `chat/tokenizer-${tokenizer}.json`), 'utf8'),
    tokenizerConfig: config,
  });

describe('the class of a tokenizer', () => {
  it.each(golden.cases.map((one) => [nameOf(one), one] as const))(
    'gives the ids and texts of transformers: %s',
    async (_, one) => {
      const tokenizer = await open(one);
      const ids = await tokenizer.encodeBatch(golden.texts, { parseSpecialTokens: true });
      expect(ids).toEqual(one.ids);
      expect(await Promise.all(ids.map((row) => tokenizer.decode(row)))).toEqual(one.decoded);
    },
  );

  it('is named where the file says something else', async () => {
    const config = { tokenizer_class: 'LlamaTokenizer', legacy: false };
    const { warnings } = await open({ tokenizer: 3, config });
    expect(warnings).toEqual([
      'tokenizer.json puts a blank before every part between special tokens, tokenizer_config.json (LlamaTokenizer, ' +
        'legacy false, add_prefix_space true) at the beginning of a text only; tokenizer_config.json is followed, as in transformers 5',
    ]);
    expect((await open({ tokenizer: 3, config: { ...config, legacy: true } })).warnings).toEqual([]);
    expect((await open({ tokenizer: 4, config })).warnings).toEqual([]);
  });
});
