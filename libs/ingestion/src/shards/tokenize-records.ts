import {
  type DatasetKind,
  type Dropped,
  fromRecord,
  isDropped,
  type LostAnswer,
  type ShardRow,
  singleDocument,
  tokenizePreference,
  tokenizePrompt,
  tokenizeSupervised,
  tokenizeUnpaired,
  tokensOf,
} from '@open-chatgpt/datasets';
import type { Tokenization } from '../ingest/options';
import type { DropLog } from '../records/drop-log';
import type { Statistics } from '../records/statistics';

/** A record, and its number in the JSONL of its split. */
export interface NumberedRecord {
  number: number;
  text: string;
}

/** Records that are tokenized concurrently: enough for the batches of the library, few enough that their garbage is short-lived. */
const AT_ONCE = 64;

/**
 * Tokenizes a batch of records. A record that does not fit is counted in `dropped` with its reason; the lengths of the others are added to
 * `tokens`, by dataset and language, and their answers without labels to `lostAnswers`.
 */
export async function tokenizeRecords(
  records: readonly NumberedRecord[],
  kind: DatasetKind,
  tokenization: Tokenization,
  file: string,
  dropped: DropLog,
  tokens: Statistics,
  lostAnswers: DropLog,
): Promise<ShardRow[]> {
  const outcomes = [];
  for (let start = 0; start < records.length; start += AT_ONCE) {
    const some = records.slice(start, start + AT_ONCE).map(async ({ number, text }) => {
      const record = fromRecord(parse(text, file, number), kind, `${file}, line ${number + 1}`);
      const lost: LostAnswer[] = [];
      const outcome = await tokenize(record, kind, tokenization, number, (reason) => lost.push(reason));
      return { text, record, outcome, lost };
    });
    outcomes.push(...(await Promise.all(some)));
  }
  const rows: ShardRow[] = [];
  for (const { text, record, outcome, lost } of outcomes) {
    const { dataset, row, language } = record;
    if (isDropped(outcome))
      dropped.add(outcome.dropped, { dataset, row }, () => ({ text: outcome.detail ?? text }));
    else {
      tokens.add(dataset, language, tokensOf(outcome));
      rows.push(outcome);
      for (const reason of lost) lostAnswers.add(reason, { dataset, row }, () => ({ text }));
    }
  }
  return rows;
}

type AnyRecord = ReturnType<typeof fromRecord>;

async function tokenize(
  record: AnyRecord,
  kind: DatasetKind,
  { tokenizer, template, maxLength }: Tokenization,
  source: number,
  onLostAnswer: (reason: LostAnswer) => void,
): Promise<ShardRow | Dropped> {
  if ('chosen' in record) {
    const pair = await tokenizePreference(record, tokenizer, template, { maxLength });
    return isDropped(pair) ? pair : { ...pair, source };
  }
  if ('label' in record) {
    const answer = await tokenizeUnpaired(record, tokenizer, template, { maxLength });
    return isDropped(answer) ? answer : { ...answer, source };
  }
  if (kind === 'prompts') {
    const prompt = await tokenizePrompt(record, tokenizer, template, { maxLength });
    return isDropped(prompt) ? prompt : { ...prompt, source };
  }
  const item = await tokenizeSupervised(record, tokenizer, template, { maxLength, onLostAnswer });
  return isDropped(item) ? item : singleDocument(item, source);
}

function parse(text: string, file: string, number: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(
      `${file}, line ${number + 1}: no JSON (${(error as Error).message}). It was altered; ingest again.`,
    );
  }
}
