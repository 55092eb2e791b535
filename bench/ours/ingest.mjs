/** One step: a file of rows into packed shards. Cleaning, copies and languages are off, as the peer knows none of them. */

import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { serve } from './serve.mjs';

const require = createRequire(import.meta.url);
const { ingest, openIngestRequest } = require('@open-chatgpt/ingestion');
const { readTokenizer } = require('@open-chatgpt/models');
const { loadTokenizer } = require('@open-chatgpt/tokenizer');

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
