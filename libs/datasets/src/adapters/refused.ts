import type { Row } from '../reading/row';
import { turnsIn } from './read-messages';

/** A layout that is known and not read. */
interface RefusedLayout {
  detect(row: Row): boolean;
  /** What it is and what to do, as the rest of a sentence that begins with the dataset. */
  says: string;
}

const isList = (value: unknown) => Array.isArray(value);
const isMessageList = (value: unknown) => (turnsIn(value)?.length ?? 0) > 0;

/** Layouts of public datasets that no stage here can learn from, or whose columns mean different things. */
export const REFUSED_LAYOUTS: readonly RefusedLayout[] = [
  {
    detect: (row) => isList(row['completions']) && isList(row['labels']),
    says:
      'holds stepwise supervision (prompt, completions, labels), which trains process reward models; there is no stage for them here. ' +
      'Make pairs of it (prompt, chosen, rejected), or instructions (prompt, completion).',
  },
  {
    detect: (row) => typeof row['text'] === 'string' && ['label', 'labels'].some((field) => field in row),
    says:
      'holds texts with classes (text, label). To learn to answer with the class, name the columns: ' +
      '--columns prompt=text,output=label with labels that are words.',
  },
  {
    detect: (row) => isList(row['input_ids']),
    says: 'holds token ids (input_ids) of some tokenizer, and no texts. Use the texts that they were made of.',
  },
  {
    detect: (row) =>
      ['image', 'images'].some((field) => field in row) && !Object.values(row).some(isMessageList),
    says: 'holds images, which are not read: the models here read text.',
  },
];
