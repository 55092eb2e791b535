/**
 * What llama.cpp makes of GGUF files, through node-llama-cpp (argument: the folder that it is installed in). Reads
 * [{ file, texts, newTokens, template? }] from standard input; writes for each { tokens, answers, written, template } as JSON,
 * where answers are the greedy tokens after each text, and written their text.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.argv[2], 'package.json'));
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(require.resolve('node-llama-cpp')).href);
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 1, logLevel: LlamaLogLevel.error });
const results = [];
for (const { file, texts, newTokens } of JSON.parse(readFileSync(0, 'utf8'))) {
  const model = await llama.loadModel({ modelPath: file });
  const context = await model.createContext({ contextSize: 128, threads: 1, flashAttention: false });
  const sequence = context.getSequence();
  const result = {
    tokens: [],
    answers: [],
    written: [],
    template: model.fileInfo.metadata.tokenizer.chat_template ?? null,
  };
  for (const text of texts) {
    const tokens = model.tokenize(text, true);
    const answer = [];
    await sequence.clearHistory();
    for await (const token of sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true })) {
      answer.push(token);
      if (answer.length === newTokens || model.isEogToken(token)) break;
    }
    result.tokens.push(tokens);
    result.answers.push(answer);
    result.written.push(model.detokenize(answer));
  }
  results.push(result);
  await context.dispose();
  await model.dispose();
}
process.stdout.write(JSON.stringify(results));
process.exit(0);
