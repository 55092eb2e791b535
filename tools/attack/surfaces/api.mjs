/** Requests, byte for byte, to a gateway and a server of models in this process. No worker runs, and nothing fetches sources. */
import { connect } from 'node:net';
import { join } from 'node:path';
import { startGateway } from '@open-chatgpt/gateway/testing';
import { inferenceConfigSchema, startInference } from '@open-chatgpt/inference';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { loadConfig } from '@open-chatgpt/service';
import { bytesAsTokens } from '../byte-tokenizer.mjs';

const GIVES_UP_AFTER_MS = 20_000;
/** A request that is incomplete, although it does not look so, gets no answer before its sender closes. */
const CLOSES_AFTER_MS = 2000;
const INFERENCE = '/v1/chat/completions,/v1/completions,/v1/models/tiny'.split(',');

export async function open(folder) {
  const gateway = await startGateway(join(folder, 'gateway'));
  const model = await writeTinyModel(folder, 1, { tokenizer: bytesAsTokens() });
  const inference = await startInference(
    loadConfig(inferenceConfigSchema, {
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
      OPEN_CHATGPT_STORE: join(folder, 'store'),
      OPEN_CHATGPT_WORK_DIR: join(folder, 'inference'),
      OPEN_CHATGPT_INFERENCE_MODELS: `tiny=${model}`,
    }),
  );
  await inference.loaded();
  const portOf = ({ url }) => Number(new URL(url).port);
  const ports = { gateway: portOf(gateway), inference: portOf(inference) };
  return {
    seeds: REQUESTS.map(([method, path, body]) => request(method, path, body)),
    hostile: HOSTILE,
    async answer(input) {
      const forModels = INFERENCE.some((path) => input.subarray(0, 200).includes(path));
      const line = await statusLineOf(ports[forModels ? 'inference' : 'gateway'], withLength(input));
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1] ?? 0);
      if (status >= 500 && status !== 503) return `the answer is ${line}`;
      if (status === 0 || status >= 400) throw new Error(line || 'the connection was closed');
    },
    async close() {
      await inference.stop();
      await gateway.stop();
    },
  };
}

const PIPELINE =
  'name: x\nmodel: {scratch: {}}\nstages: [{uses: sft, with: {dataset: {path: builtin:tasks}}}]\n';
const PREFERENCE = {
  datasetId: 'helpful',
  prompt: [{ role: 'user', content: 'Which?' }],
  chosen: 'This one.',
  rejected: 'None.',
};
const CHAT = {
  model: 'tiny',
  messages: [{ role: 'user', content: 'Hello' }],
  max_tokens: 4,
  temperature: 0.5,
  top_p: 0.9,
};
const REQUESTS = [
  ['POST', '/v1/pipelines', { pipeline: PIPELINE, pipelineId: 'one' }],
  ['GET', '/v1/pipelines?limit=10'],
  ['GET', '/v1/pipelines/one'],
  ['POST', '/v1/pipelines/one/cancel', {}],
  ['GET', '/v1/runs?limit=5'],
  [
    'POST',
    '/v1/datasets',
    { datasetId: 'mine', source: 'builtin:tasks', options: { dedup: { near: false } } },
  ],
  ['POST', '/v1/preferences', PREFERENCE],
  ['GET', '/v1/preferences/helpful/export'],
  ['GET', '/v1/alerts'],
  ['GET', '/v1/dead-letters'],
  ['POST', '/v1/garbage-collection', { dryRun: true }],
  ['POST', '/v1/chat/completions', CHAT],
  ['POST', '/v1/chat/completions', { ...CHAT, stop: ['a', '.'], seed: 1, logprobs: true, n: 2 }],
  ['POST', '/v1/completions', { model: 'tiny', prompt: 'Once', max_tokens: 3, n: 2 }],
];

function request(method, path, body) {
  const head = [`${method} ${path} HTTP/1.1`, 'host: localhost', 'connection: close'];
  if (body === undefined) return `${head.join('\r\n')}\r\n\r\n`;
  head.push('content-type: application/json', 'content-length: auto');
  return `${head.join('\r\n')}\r\n\r\n${JSON.stringify(body)}`;
}

/** With the length that the body has after its changes in the place of `auto`. */
function withLength(input) {
  const text = input.toString('latin1');
  const start = text.indexOf('\r\n\r\n') + 4;
  const auto = text.indexOf('content-length: auto');
  if (start < 4 || auto < 0 || auto > start) return input;
  const length = `content-length: ${input.length - start}`;
  return Buffer.from(text.replace('content-length: auto', length), 'latin1');
}

/** Whether the server has all bytes that it waits for, as far as a short look shows. */
function looksComplete(text) {
  const start = text.indexOf('\r\n\r\n') + 4;
  if (start < 4) return false;
  const head = text.slice(0, start);
  if (/^(transfer-encoding|expect):/im.test(head)) return false;
  const length = /^content-length: *(\d+)\r$/im.exec(head);
  return text.length - start >= Number(length?.[1] ?? 0);
}

/** Sends the bytes, and closes this side where the server would wait for more. @returns the first line of the answer; empty when the server closes without one */
function statusLineOf(port, bytes) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    let answer = '';
    let closing;
    const settle = (line) => {
      clearTimeout(closing);
      socket.destroy();
      resolve(line);
    };
    socket.setTimeout(GIVES_UP_AFTER_MS, () => {
      socket.destroy();
      reject(new TypeError('no answer'));
    });
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (answer.includes('\r\n')) settle(answer.slice(0, answer.indexOf('\r\n')));
    });
    socket.on('error', () => settle(''));
    socket.on('close', () => settle(''));
    socket.on('end', () => settle(answer));
    if (!looksComplete(bytes.toString('latin1'))) return socket.end(bytes);
    socket.write(bytes);
    closing = setTimeout(() => socket.end(), CLOSES_AFTER_MS);
  });
}

const HOSTILE = [
  ...['- '.repeat(2000), '? '.repeat(700), '['.repeat(50_000)].map((pipeline) =>
    request('POST', '/v1/pipelines', { pipeline }),
  ),
  request('POST', '/v1/chat/completions', {
    ...CHAT,
    messages: [{ role: 'user', content: 'a'.repeat(4_000_000) }],
  }),
  request('POST', '/v1/chat/completions', { ...CHAT, n: 1e9, max_tokens: 1e9, stop: Array(1e4).fill('a') }),
  request('POST', '/v1/completions', { model: 'tiny', prompt: Array(100_000).fill('a') }),
  `POST /v1/preferences HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 999999999999\r\n\r\n{`,
  'GET /v1/alerts HTTP/1.1\r\nhost: localhost\r\nhost: 127.0.0.1\r\n\r\n',
  `GET /${'a/'.repeat(50_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
  `GET /v1/alerts HTTP/1.1\r\nhost: localhost\r\n${'x: y\r\n'.repeat(20_000)}\r\n`,
  'POST /v1/preferences HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\nGET',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];
