import {
  type DatasetKind,
  exampleAdapter,
  type IngestedDataset,
  isIngested,
  openDataset,
  openSource,
  type Split,
  sourceRows,
} from '@open-chatgpt/datasets';
import {
  type DatasetToCache,
  type IngestProgress,
  type IngestSource,
  openCachedDataset,
  type Tokenization,
  withIdentifiedSource,
} from '@open-chatgpt/ingestion';
import { checkLocalDataset, type DatasetSource, parseReference } from '@open-chatgpt/pipeline';
import { BUILTIN_TASKS, builtinTasks, GENERATED } from './builtin-tasks';

/** How a stage reads a dataset. */
export interface StageDatasetOptions {
  kind: DatasetKind;
  /** Decides which prompts are held out, and what is generated. */
  seed: number;
  tokenization?: Tokenization;
  /** Called while the dataset is ingested into the cache. */
  onProgress?: (progress: IngestProgress) => void;
}

/**
 * Opens the dataset that a stage names. An ingested folder is opened as it is where it fits (`asIs` decides). Every other dataset is
 * ingested into the cache first: a file, a folder or URL with raw rows, a hub dataset, the built-in tasks, and a folder whose records must
 * be limited, split or tokenized in another way.
 *
 * @param asIs opens a folder of the user; null where it must be ingested again, as for another tokenizer
 * @param open opens a folder of the cache; throws when it is damaged
 */
export async function openStageDataset<T>(
  source: DatasetSource,
  options: StageDatasetOptions,
  asIs: (dataset: IngestedDataset) => Promise<T | null>,
  open: (dataset: IngestedDataset) => Promise<T>,
): Promise<T> {
  const { path, adapter, columns, limit, evalFraction } = source;
  checkLocalDataset(path);
  const cached = (input: Pick<DatasetToCache, 'content' | 'sources'> & Partial<DatasetToCache>) =>
    openCachedDataset({ ...options, ...input }, open);
  if (parseReference(path).kind === 'builtin') return cached(builtin(path, limit, options));

  const split = { evalFraction, seed: options.seed };
  const maxExamples = limit ?? undefined;
  if (await isIngested(path)) {
    if (adapter !== undefined || columns !== undefined) {
      throw new Error(
        `dataset ${path}: was read when it was ingested; leave out the ${adapter === undefined ? 'columns' : `adapter ("${adapter}")`}.`,
      );
    }
    const dataset = await openDataset(path);
    const heldOut = dataset.manifest.splits.eval.records.rows > 0;
    const whole = limit === null && (heldOut || evalFraction === 0);
    const opened = whole ? await asIs(dataset) : null;
    return opened ?? cached({ ...ingested(dataset, options.kind, maxExamples), ...(!heldOut && { split }) });
  }
  return withIdentifiedSource(await openSource(path), ({ source: identified, content, sha256, bytes }) =>
    cached({
      content: { content, adapter, columns, limit },
      size: bytes,
      sources: async () => [
        { ...(await sourceRows(identified, { kind: options.kind, adapter, columns })), maxExamples },
      ],
      split,
      check({ sources: [read] }) {
        if (sha256 === undefined || read.sha256 === sha256) return;
        throw new Error(
          `dataset ${path}: changed while it was read. Wait until it is complete, and start again.`,
        );
      },
    }),
  );
}

function builtin(path: string, limit: number | null, { kind, seed }: StageDatasetOptions) {
  if (path !== BUILTIN_TASKS)
    throw new Error(`there is no dataset "${path}"; the only one built in is ${BUILTIN_TASKS}`);
  const count = limit ?? GENERATED;
  return {
    content: { builtin: path, count, seed },
    sources: async () => builtinTasks(kind, count, seed),
  };
}

/** The records of a folder, to be ingested in another form. */
function ingested(dataset: IngestedDataset, kind: DatasetKind, maxExamples: number | undefined) {
  const { train, eval: heldOut } = dataset.manifest.splits;
  const recordsOf = (split: Split, options: Pick<IngestSource, 'split' | 'maxExamples'>): IngestSource => ({
    ...options,
    name: split,
    rows: recordRows(dataset, kind, split),
    adapter: exampleAdapter,
  });
  return {
    content: { records: [train.records.sha256, heldOut.records.sha256], maxExamples },
    size: train.records.bytes,
    sources: async () =>
      heldOut.records.rows === 0
        ? [recordsOf('train', { maxExamples })]
        : [recordsOf('train', { split: 'train', maxExamples }), recordsOf('eval', { split: 'eval' })],
  };
}

async function* recordRows(dataset: IngestedDataset, kind: DatasetKind, split: Split) {
  let line = 0;
  for await (const value of dataset.examples(kind, split)) yield { line: ++line, value };
}
