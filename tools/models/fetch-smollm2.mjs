#!/usr/bin/env node
/**
 * Downloads SmolLM2-135M-Instruct into the cache ($OPEN_CHATGPT_CACHE/models, by default ~/.cache/open-chatgpt/models)
 * and prints its path. Safe to run again: a complete file is kept.
 *   npm run setup && node tools/models/fetch-smollm2.mjs
 */
import { fetchBuiltinModel } from '@open-chatgpt/download';
import cliProgress from 'cli-progress';

const bar = new cliProgress.SingleBar({
  format: '{phase} {bar} {percentage}% | {megabytes}',
  stream: process.stderr,
  clearOnComplete: true,
});
let shown = '';

function show({ phase, doneBytes, totalBytes }) {
  const megabytes = `${Math.round(doneBytes / 1e6)} of ${totalBytes ? Math.round(totalBytes / 1e6) : '?'} MB`;
  if (phase !== shown) bar.start(totalBytes || 1, 0, { phase, megabytes });
  shown = phase;
  bar.setTotal(totalBytes || 1);
  bar.update(doneBytes, { phase, megabytes });
}

try {
  const path = await fetchBuiltinModel('smollm2-135m-instruct', { onProgress: show });
  bar.stop();
  console.log(path);
} catch (error) {
  bar.stop();
  console.error(`fetch-smollm2: ${error.message}`);
  process.exitCode = 1;
}
