import type { ExampleKinds, IngestedDataset, Split } from '@open-chatgpt/datasets';
import type { DataRole, DatasetSource } from '@open-chatgpt/pipeline';
import { kinds } from './kinds';
import { openStageDataset } from './stage-dataset';

/**
 * The first examples of a split as text, without tokens: to learn a tokenizer from, or to answer held-out prompts.
 * @param count how many at most
 * @throws Error when the dataset cannot be read
 */
export function readExamples<Role extends DataRole>(
  source: DatasetSource,
  role: Role,
  split: Split,
  count: number,
  seed: number,
): Promise<ExampleKinds[(typeof kinds)[Role]][]> {
  const kind = kinds[role];
  const first = async (dataset: IngestedDataset) => {
    const examples: ExampleKinds[(typeof kinds)[Role]][] = [];
    if (count === 0) return examples;
    for await (const example of dataset.examples(kind, split)) {
      examples.push(withoutOrigin(example));
      if (examples.length === count) break;
    }
    return examples;
  };
  return openStageDataset(source, { kind, seed }, first, first);
}

/** The example of a record, without where it came from. */
export function withoutOrigin<E extends object>({
  dataset: _dataset,
  row: _row,
  language: _language,
  ...example
}: E & { dataset?: unknown; row?: unknown; language?: unknown }): E {
  return example as unknown as E;
}
