/** One step: a file of rows to packed shards, without cleaning, deduplication and languages, which the peer does not have. */

import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { ingest, openIngestRequest } from '@open-chatgpt/ingestion';
import { readTokenizer } from '@open-chatgpt/models';
import { loadTokenizer } from '@open-chatgpt/tokenizer';
import { serve } from './serve.mjs';

const { file, tokenizer, output, clean, maxLength } = JSON.parse(process.argv[2]);
const off = {
  cleaning: {
    controlCharacters: 'keep',
    invalidUnicode: 'keep',
    noInput: false,
    placeholders: false,
    maxRepetition: 1,
  },
  dedup: { exact: false, near: false },
  detectLanguage: false,
};

await serve(async () => {
  rmSync(output, { recursive: true, force: true });
  const opened = await openIngestRequest(
    {
      kind: 'supervised',
      sources: [{ source: file, adapter: 'gpteacher' }],
      tokenization: { tokenizer, template: 'alpaca', maxLength, pack: true },
      ...(clean ? {} : off),
    },
    {
      openTokenizer: async (path) => loadTokenizer(await readTokenizer(path)),
      threads: Number(process.env.OPEN_CHATGPT_THREADS) || availableParallelism(),
    },
  );
  const report = await ingest({ ...opened, output });
  const sides = Object.values(report.tokens.train);
  const lengths = sides.flatMap((languages) => Object.values(languages));
  return {
    rows: report.kept.train,
    tokens: lengths.reduce((sum, { total }) => sum + total, 0),
    forgotten: report.forgotten,
  };
});
