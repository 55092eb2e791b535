import type { ColumnMapping, DatasetKind } from '@open-chatgpt/datasets';
import type { IngestRequest } from '@open-chatgpt/pipeline';
import type { ChatTemplateName } from '@open-chatgpt/tokenizer';
import { UsageError } from '../exit-codes';

export interface IngestFlags {
  out?: string;
  kind?: DatasetKind;
  adapter?: string;
  columns?: ColumnMapping;
  weights?: string;
  limit?: number;
  model?: string;
  tokenizer?: string;
  template?: ChatTemplateName;
  maxLength?: number;
  pack?: boolean;
  evalFraction: number;
  seed: number;
  clean: boolean;
  dropRefusals?: boolean;
  personalData?: 'keep' | 'mask' | 'drop';
  dedup: boolean;
  nearDedup: boolean;
  dedupMemory?: number;
  mixEnd?: 'everySource' | 'anySource';
  language: boolean;
  threads?: number;
  resume?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** Disables all rules that correct or drop rows. */
const UNCLEANED = {
  controlCharacters: 'keep',
  invalidUnicode: 'keep',
  noInput: false,
  placeholders: false,
  maxRepetition: 1,
} as const;

/** The request that the flags describe. @throws UsageError when they contradict each other */
export function requestFromFlags(sources: readonly string[], flags: IngestFlags): IngestRequest {
  const { columns, evalFraction, seed, limit, kind, mixEnd, language } = flags;
  const weights = eachOf(flags.weights, sources, '--weights');
  const adapters = eachOf(flags.adapter, sources, '--adapter', true);
  return {
    kind,
    sources: sources.map((source, i) => ({
      source,
      limit,
      adapter: adapters[i],
      columns,
      weight: weights[i] === undefined ? undefined : weightOf(weights[i]),
    })),
    cleaning: {
      ...(!flags.clean && UNCLEANED),
      ...(flags.dropRefusals && { refusals: true, selfReference: true }),
      ...(flags.personalData && { personalData: flags.personalData }),
    },
    dedup: {
      exact: flags.dedup,
      near: flags.dedup && flags.nearDedup,
      ...(flags.dedupMemory !== undefined && { memoryMiB: flags.dedupMemory }),
    },
    split: { evalFraction, seed },
    mixEnd,
    detectLanguage: language,
    tokenization: tokenizationOf(flags),
  };
}

function tokenizationOf({ model, tokenizer, template, maxLength, pack }: IngestFlags) {
  if (model !== undefined && tokenizer !== undefined)
    throw new UsageError('use either --model or --tokenizer: a model has its own tokenizer');
  const name = tokenizer ?? model;
  if (name !== undefined) return { tokenizer: name, template, maxLength, pack };
  const [given] =
    Object.entries({ template, 'max-length': maxLength, pack }).find(([, value]) => value) ?? [];
  if (given)
    throw new UsageError(`--${given} needs --model or --tokenizer: without one, nothing is tokenized`);
  return undefined;
}

/** The parts of a flag's value, one for each source. @param spread whether a single value applies to all sources */
function eachOf(value: string | undefined, sources: readonly string[], flag: string, spread = false) {
  if (value === undefined) return [];
  const parts = value.split(',').map((part) => part.trim());
  if (spread && parts.length === 1) return sources.map(() => parts[0]);
  if (parts.length === sources.length) return parts;
  throw new UsageError(
    `${flag} ${value}: ${parts.length} values for ${sources.length} datasets; give one for each, separated by commas`,
  );
}

function weightOf(text: string): number {
  const weight = Number(text);
  if (text !== '' && weight > 0 && Number.isFinite(weight)) return weight;
  throw new UsageError(`--weights: expected numbers > 0, such as 3,1; found "${text}"`);
}
