import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyRequest } from '../testing/tiny-request';
import { readRequestFile } from './request-file';

const folder = mkdtempSync(join(tmpdir(), 'request-file-'));
const file = join(folder, 'request.json');
const time = '2026-01-31T12:00:00Z';
const data = tinyRequest(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const read = (content: unknown) => {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readRequestFile(file, 'sft');
};

describe('the file of a request', () => {
  it('has the time and the data of the event', () => {
    expect(read({ time, data })).toEqual({ time, data });
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{"time":', 'is not JSON'],
    ['another document', [], 'the whole: Invalid input'],
    ['no time', { data }, 'time: expected a time such as'],
    ['a day for a time', { time: '2026-01-31', data }, 'time: expected a time such as'],
    ['no run', { time, data: { ...data, runId: undefined } }, 'data.runId: Invalid input'],
    ['an unknown algorithm', { time, data: { ...data, algorithm: 'rl' } }, 'data.algorithm: Invalid option'],
    ['an unknown field', { time, data: { ...data, pods: 3 } }, 'data: Unrecognized key: "pods"'],
    [
      'a model without a hash',
      { time, data: { ...data, inputs: { models: { base: { uri: 's3://b/k' } }, datasets: [] } } },
      'data.inputs.models.base.sha256: Invalid input',
    ],
    [
      'the algorithm of another service',
      { time, data: { ...data, algorithm: 'reward' } },
      'data.algorithm: is "reward", but this is sft-trainer, which executes "sft"; use reward-trainer',
    ],
  ])('with %s is refused', (_, content, message) => {
    expect(() => read(content)).toThrow(`request ${file}: ${message}`);
  });

  it('that is missing is refused', () => {
    const missing = join(folder, 'missing.json');
    expect(() => readRequestFile(missing, 'sft')).toThrow(`request ${missing}: cannot be read: ENOENT`);
  });
});
