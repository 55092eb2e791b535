/** Ingests `rows` generated rows, into `output` or the dataset cache. Kills itself (SIGKILL) at row `killAtRow` or at call `killAtCall` of the tokenizer. */
const { ADAPTERS } = require('@open-chatgpt/datasets');
const { ingest, openCachedDataset } = require('@open-chatgpt/ingestion');
const { buildTokenizer, chatTemplate, loadTokenizer } = require('@open-chatgpt/tokenizer');
const { createRng } = require('@open-chatgpt/random');
const {
  output,
  cached,
  rows,
  phrasesPerRow,
  tokenize,
  killAtRow,
  killAtCall,
  checkpointRows,
  resume,
  threads,
} = JSON.parse(process.argv[2]);
const kill = () => process.kill(process.pid, 'SIGKILL');
const rng = createRng(4);
const letters = (value) => value.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[digit]);
const phrases = Array.from(
  { length: 5000 },
  () => `the ${Array.from({ length: 6 }, () => letters(rng.int(26 ** 4) + 26 ** 4)).join(' ')} is of`,
);
const text = (count) => Array.from({ length: count }, () => phrases[rng.int(5000)]).join(' ');
let bytes = 0;
let early = 0;
const liveMegabytes = () => {
  global.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};
async function* made() {
  for (let line = 1; line <= rows; line++) {
    if (line === killAtRow) kill();
    if (line === rows / 4) early = liveMegabytes();
    const value = {
      instruction: `What is ${text(1)} this?`,
      input: '',
      output: `It is ${text(phrasesPerRow)}`,
    };
    bytes += value.instruction.length + value.output.length;
    yield { line, value };
    // Yields to the event loop, as reading a file does.
    if (line % 100 === 0) await new Promise(setImmediate);
  }
}
(async () => {
  let tokenization;
  if (tokenize) {
    const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    const loaded = await loadTokenizer(buildTokenizer([...ascii, '\n']));
    let calls = 0;
    const tokenizer = Object.create(loaded, {
      encode: {
        value: (...args) => {
          if (++calls === killAtCall) kill();
          return loaded.encode(...args);
        },
      },
    });
    tokenization = {
      tokenizer,
      template: chatTemplate('alpaca', tokenizer),
      maxLength: 2048,
      pack: true,
      shardBytes: 100_000,
    };
  }
  const adapter = ADAPTERS.find(({ name }) => name === 'alpaca');
  const sources = [{ name: 'made-up', rows: made(), adapter }];
  if (cached) {
    const dataset = { kind: 'supervised', content: 'made-up', sources: async () => sources, tokenization };
    process.send({ folder: await openCachedDataset(dataset, async ({ folder }) => folder) });
    return;
  }
  const report = await ingest({
    kind: 'supervised',
    sources,
    output,
    split: { evalFraction: 0.05 },
    dedup: { memoryMiB: 2 },
    tokenization,
    checkpointRows,
    resume,
    threads,
  });
  // Not getrusage, which includes the memory of the parent that forked.
  const status =
    process.platform === 'linux' ? require('node:fs').readFileSync('/proc/self/status', 'utf8') : '';
  const rss = Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS) / 1024;
  process.send({
    kept: report.kept,
    forgotten: report.forgotten,
    megabytes: bytes / 1e6,
    rss,
    early,
    late: liveMegabytes(),
  });
})();
