import {
  collectRepairs,
  type Example,
  promptPlace,
  type Repair,
  type Split,
  toRecord,
} from '@open-chatgpt/datasets';
import { clean, cleaningRules } from '../cleaning/clean';
import { changedTexts, charactersOf, textsOf } from '../cleaning/example-texts';
import { isRejected } from '../cleaning/rule';
import { createSigner, type Signature } from '../dedup/duplicates';
import { parseDedupOptions } from '../dedup/options';
import type { IngestOptions } from '../ingest/options';
import { detectLanguage } from '../language';
import { comparisonOf } from './comparison';
import { createPromptEntry } from './split-leakage';

/** An example with its origin. */
export interface RawExample {
  example: Example;
  /** The name of the source. */
  dataset: string;
  row: number;
}

/** The results of the steps that depend on one example alone. */
export type PreparedExample = {
  /** The changes of the cleaning rules. */
  repairs: Repair[];
} & ({ dropped: string } | CleanExample);

export interface CleanExample {
  /** The record: a line of JSON in UTF-8, with its line end. */
  line: Uint8Array;
  signature: Signature;
  /** The entry by which the prompt is compared with those of the other split; null where it is not compared. */
  prompt: Uint8Array | null;
  split: Split;
  language: string;
  characters: number;
}

export type ExampleSettings = Pick<IngestOptions, 'cleaning' | 'dedup' | 'split' | 'detectLanguage'>;

/** Creates the function that cleans and signs an example, detects its language, and makes its record. Throws on wrong options. */
export function createPreparation(options: ExampleSettings): (raw: RawExample) => PreparedExample {
  const { cleaning, dedup, detectLanguage: tagged = true } = options;
  const { evalFraction = 0, seed = 0 } = options.split ?? {};
  const rules = cleaning === false ? [] : cleaningRules(cleaning);
  const parsed = parseDedupOptions(dedup);
  const sign = createSigner(dedup);
  const promptEntry = parsed.near && evalFraction > 0 ? createPromptEntry(parsed) : () => null;
  return ({ example, dataset, row }) => {
    const { repairs, repaired } = collectRepairs();
    const cleaned = clean(example, rules, (rule, before, after) => {
      for (const [text, cleanedText] of changedTexts(before, after)) repaired(rule, text, cleanedText);
    });
    if (isRejected(cleaned)) return { repairs, dropped: cleaned.dropped };
    const { fixed, text } = comparisonOf(cleaned, parsed.by);
    const language = tagged ? detectLanguage(textsOf(cleaned).join('\n')) : 'und';
    return {
      repairs,
      line: Buffer.from(`${JSON.stringify(toRecord(cleaned, { dataset, row, language }))}\n`),
      signature: sign(text, fixed),
      prompt: promptEntry(cleaned),
      split: evalFraction > 0 && promptPlace(cleaned, seed) < evalFraction ? 'eval' : 'train',
      language,
      characters: charactersOf(cleaned),
    };
  };
}
