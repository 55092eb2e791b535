import type { TokenizerJson } from '../tokenizer-json';
import { PRE_TOKENIZERS } from './byte-level-tokenizer';

/**
 * llama.cpp's name of the way in which a byte-level tokenizer splits text into words; null when it has none. Normalization to
 * NFC, which llama.cpp does not do, is no difference: it changes only text that is not normalized.
 */
export function preTokenizerName({ pre_tokenizer, normalizer, model }: TokenizerJson): string | null {
  if (normalizer && normalizer.type !== 'NFC') return null;
  const steps = pre_tokenizer?.type === 'Sequence' ? pre_tokenizer['pretokenizers'] : [pre_tokenizer];
  const wanted = outline(steps as Step[]);
  const found = Object.entries(PRE_TOKENIZERS).find(
    ([, one]) => outline(one.steps) === wanted && one.ignoreMerges === (model.ignore_merges ?? false),
  );
  return found?.[0] ?? null;
}

type Step = Record<string, unknown> | null | undefined;

/** What of the steps decides how text is split. */
function outline(steps: readonly Step[]): string {
  return JSON.stringify(
    steps.map((step) => {
      switch (step?.['type']) {
        case 'ByteLevel':
          return ['ByteLevel', step['add_prefix_space'] === true, step['use_regex'] !== false];
        case 'Digits':
          return ['Digits', step['individual_digits'] === true];
        case 'Split':
          return ['Split', step['pattern'], step['behavior'], step['invert'] === true];
        default:
          return [step?.['type'] ?? null];
      }
    }),
  );
}
