import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DatasetKind } from '../adapters/adapter';
import { readDataset } from './read-dataset';

/** The cases of the issue, in a folder beside the repository. */
const cases = resolve(__dirname, '../../../../../shared/cases');
const present = existsSync(cases);
if (!present)
  console.warn(`the reported files are absent (${cases}): their tests are skipped, or fail where CI=true.`);

(present || process.env['CI'] === 'true' ? describe : describe.skip)('reported files', () => {
  it.each<[string, DatasetKind, number, Record<string, number>]>([
    ['data-formats/prompt_completion.jsonl', 'supervised', 6, {}],
    ['data-formats/trl_pref.jsonl', 'preference', 6, {}],
    ['data-formats/implicit.jsonl', 'preference', 6, {}],
    ['data-formats/openai_parts.jsonl', 'supervised', 6, {}],
    ['data-formats/prompts_only.jsonl', 'prompts', 6, {}],
    ['data-formats/text.jsonl', 'supervised', 6, {}],
    ['data-formats/kto.jsonl', 'supervised', 3, { labelIsFalse: 3 }],
    ['data-formats/qa.csv', 'supervised', 6, {}],
    ['data-formats/excel.csv', 'supervised', 6, {}],
    ['known-columns-under-other-names/conv-role-content.jsonl', 'supervised', 4, {}],
    ['known-columns-under-other-names/conversation-singular.jsonl', 'supervised', 4, {}],
    ['known-columns-under-other-names/prompt-completion.jsonl', 'supervised', 4, {}],
    ['known-columns-under-other-names/prompt-completion-conv.jsonl', 'supervised', 4, {}],
    ['known-columns-under-other-names/messages-parts.jsonl', 'supervised', 2, {}],
    ['known-columns-under-other-names/sharegpt-odd-roles.jsonl', 'supervised', 7, {}],
    ['conversational-preference-with-prompt/pref-explicit-conv.jsonl', 'preference', 3, {}],
    ['conversational-preference-with-prompt/pref-implicit.jsonl', 'preference', 3, {}],
    ['csv-written-by-pandas/index.csv', 'supervised', 2, {}],
    ['csv-written-by-pandas/unnamed.csv', 'supervised', 1, {}],
    ['csv-header-with-blanks/spacehead.csv', 'supervised', 1, {}],
    ['alpaca-history-and-system/alpaca-history.jsonl', 'supervised', 2, {}],
    ['alpaca-history-and-system/history.parquet', 'supervised', 1, {}],
    ['messages-with-weight-zero/messages-weight.jsonl', 'supervised', 2, {}],
    ['sharegpt-preference/pref-lf.jsonl', 'preference', 3, {}],
    ['sharegpt-preference/pref-lf-multi.jsonl', 'preference', 2, {}],
    ['chinese-answers-with-backslash-n/zh-code.jsonl', 'supervised', 2, {}],
    ['sharegpt-answers-that-are-html/sharegpt-html-code.jsonl', 'supervised', 2, {}],
    ['sharegpt-answers-that-are-html/sharegpt-idx.jsonl', 'supervised', 3, {}],
    ['answers-that-begin-with-blanks/leading-indent.jsonl', 'supervised', 2, {}],
    ['half-an-emoji/sur2.jsonl', 'supervised', 30, { invalidUnicode: 1 }],
    ['half-an-emoji/surrogates.jsonl', 'supervised', 2, { invalidUnicode: 1 }],
  ])('%s', async (name, kind, count, left) => {
    const { examples, dropped, repaired } = await readDataset(join(cases, name), { kind });
    expect([examples.length, dropped, repaired]).toEqual([count, left, {}]);
  });
});
