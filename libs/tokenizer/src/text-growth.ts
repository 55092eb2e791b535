import type { JsonStep, TokenizerJson } from './tokenizer-json';

/** How many times as long the steps may make a text. Public tokenizers replace a blank by one other character. */
const MOST_GROWTH = 100;

/**
 * Checks that the steps of a tokenizer.json do not make a short text very long: 30 steps that each write "a" as "aa" make a
 * gigabyte of one letter, and end the process in the library.
 *
 * @throws Error that names the part of the file
 */
export function checkGrowth(json: TokenizerJson): void {
  for (const part of ['normalizer', 'pre_tokenizer', 'decoder'] as const) {
    const growth = growthOf(json[part] ?? null);
    if (growth > MOST_GROWTH)
      throw new Error(
        `tokenizer.json: "${part}" can make a text ${growth.toPrecision(3)} times as long, more than ${MOST_GROWTH} times is refused; ` +
          'the file is damaged, download it again.',
      );
  }
  const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = json.model;
  if ((prefix?.length ?? 0) + (suffix?.length ?? 0) > MOST_GROWTH)
    throw new Error(
      'tokenizer.json: "model" adds more than 100 characters to each piece; download it again.',
    );
}

function growthOf(step: JsonStep | null): number {
  if (step === null || typeof step !== 'object') return 1;
  const inner = ['normalizers', 'pretokenizers', 'decoders'].flatMap(
    (list) => step[list] ?? [],
  ) as JsonStep[];
  const added = ['content', 'prepend', 'replacement', 'prefix'].map((field) => step[field]);
  const own = Math.max(1, ...added.map((text) => (typeof text === 'string' ? text.length : 0)));
  return inner.reduce((product, one) => product * growthOf(one), own);
}
