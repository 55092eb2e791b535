/** Pipeline files, overrides of the command line, and the configuration of services. */
import { readdirSync, readFileSync } from 'node:fs';
import { parsePipeline, pipelineOf } from '@open-chatgpt/pipeline';
import { loadConfig, serviceConfigSchema } from '@open-chatgpt/service';

const folder = new URL('../../../examples/', import.meta.url);
const examples = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(new URL(name, folder)));

export function open() {
  const environment = 'PORT=3000\nSTORE=/tmp/store\nBUS=embedded\nLOG_LEVEL=info\nMAX_BODY_BYTES=1000000\n';
  return {
    seeds: [...examples, Buffer.from(`${ENVIRONMENT}${environment}`), Buffer.from(JSON.stringify(fields))],
    hostile: HOSTILE,
    answer(input) {
      const text = input.toString();
      if (text.startsWith(ENVIRONMENT))
        loadConfig(serviceConfigSchema, variablesOf(text.slice(ENVIRONMENT.length)));
      else if (text.startsWith('{')) pipelineOf(JSON.parse(text), 'the request');
      else parsePipeline(text, 'pipeline.yaml');
    },
  };
}

const ENVIRONMENT = '# environment\n';
const fields = {
  name: 'x',
  model: { scratch: { numHiddenLayers: 2, hiddenSize: 64 } },
  stages: [
    { uses: 'sft', with: { dataset: { path: 'builtin:tasks', limit: 100 }, perDeviceTrainBatchSize: 4 } },
  ],
};

function variablesOf(text) {
  const lines = text.split('\n').map((line) => line.split('='));
  return Object.fromEntries(lines.map(([name, ...value]) => [`OPEN_CHATGPT_${name}`, value.join('=')]));
}

const HOSTILE = [
  '- '.repeat(2000),
  '? '.repeat(700),
  `${'['.repeat(50_000)}`,
  `a: &a [x]\n${Array.from({ length: 40 }, (_, i) => `b${i}: &b${i} [${i ? `*b${i - 1}, *b${i - 1}` : '*a'}]`).join('\n')}`,
  JSON.stringify(Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`key${i}`, 1]))),
  '{"__proto__": {"polluted": true}, "name": "x"}',
  ...[1e8, 1e300, -1, 0.5].map((count) =>
    JSON.stringify({ ...fields, model: { scratch: { numHiddenLayers: count } } }),
  ),
  `name: "${'a'.repeat(300_000)}"`,
];
