import type { OpenedIngestion } from '@open-chatgpt/ingestion';
import { readAs } from '../terminal/columns-flag';
import { formatBytes, formatNumber } from '../terminal/format';
import { formatTable } from '../terminal/table';

const SHOWN_FILES = 5;

/** The sources of an ingestion, and how they are read. */
export function describePlan({ kind, sources, tokenization }: OpenedIngestion): string {
  const rows = sources.map(({ name, adapter, columns, weight = 1, files }) => {
    const size = files.reduce((sum, file) => sum + (file.size ?? Number.NaN), 0);
    return [
      name,
      readAs(adapter.name, columns),
      formatNumber(weight),
      String(files.length),
      Number.isFinite(size) ? formatBytes(size) : 'unknown',
    ];
  });
  const left = sources.flatMap(({ leftOut }) => leftOut);
  return [
    `Examples: ${kind}`,
    formatTable([['source', 'read as', 'weight', 'files', 'size'], ...rows]),
    ...(left.length > 0
      ? [`Not read: ${left.slice(0, SHOWN_FILES).join(', ')}${left.length > SHOWN_FILES ? ', …' : ''}`]
      : []),
    tokenization
      ? `Tokens: ${formatNumber(tokenization.tokenizer.vocabSize)} in the vocabulary, template ${tokenization.template.name}, ` +
        `at most ${formatNumber(tokenization.maxLength)} an example${tokenization.pack ? ', packed' : ''}`
      : 'Tokens: none (give --model or --tokenizer)',
    'Nothing was written (--dry-run).',
  ].join('\n');
}
