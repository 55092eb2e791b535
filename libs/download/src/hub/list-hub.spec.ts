import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ConnectionError, HttpStatusError } from '../http/http-errors';
import type { HubRepository } from './hub-repository';
import { listHub } from './list-hub';

const COMMIT = 'c0ffee'.padEnd(40, '0');
const CONTENT = 'some rows';
const sha256 = createHash('sha256').update(CONTENT).digest('hex');
const SIBLINGS = [
  { rfilename: 'README.md', size: null, lfs: null },
  { rfilename: 'a b/rows.jsonl', size: CONTENT.length, lfs: { sha256 } },
  { rfilename: 'short.jsonl', size: CONTENT.length + 1 },
  { rfilename: 'altered.jsonl', lfs: { sha256: '0'.repeat(64) } },
];

let server: Server;
let env: Record<string, string>;
let requests: string[];
beforeEach(async () => {
  requests = [];
  server = createServer(({ url = '', headers }, response) => {
    requests.push(url);
    if (/gated/.test(url) && headers.authorization !== 'Bearer t') response.writeHead(403).end();
    else if (/none/.test(url)) response.writeHead(404).end();
    else if (/busy/.test(url)) response.writeHead(503).end();
    else if (/page/.test(url)) response.end('<html>');
    else if (/other/.test(url)) response.end('{"sha":"../x","siblings":[]}');
    else if (/api/.test(url)) response.end(JSON.stringify({ sha: COMMIT, siblings: SIBLINGS }));
    else response.end(CONTENT);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  env = { HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
});
afterEach(() => server.close());

const list = (id: string, kind: HubRepository['kind'] = 'models', revision = 'main') =>
  listHub({ kind, id, revision }, { env, allowPrivate: true });

it.each([
  ['models', ''],
  ['datasets', 'datasets/'],
] as const)('lists %s at a revision and opens their files at its commit', async (kind, place) => {
  const { commit, files } = await list('o/set', kind, 'refs/pr/1');
  expect(commit).toBe(COMMIT);
  expect(files.map(({ name, size, sha256 }) => [name, size, sha256]).slice(0, 2)).toEqual([
    ['README.md', undefined, undefined],
    ['a b/rows.jsonl', CONTENT.length, sha256],
  ]);
  for (const file of files.slice(0, 2)) expect(await text(file.open())).toBe(CONTENT);
  expect(requests).toEqual([
    `/api/${kind}/o/set/revision/refs%2Fpr%2F1?blobs=true`,
    `/${place}o/set/resolve/${COMMIT}/README.md`,
    `/${place}o/set/resolve/${COMMIT}/a%20b/rows.jsonl`,
  ]);
});

it('fails at the end of a file that differs from the listing', async () => {
  const { files } = await list('o/set');
  for (const file of files.slice(2)) {
    const error = await text(file.open()).catch((caught) => caught);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toBe(
      `${file.name} of o/set differs from the size or SHA-256 that the hub lists: the download is damaged. Try again.`,
    );
  }
});

it('sends the token', async () => {
  env = { ...env, HF_TOKEN: 't' };
  expect((await list('o/gated')).commit).toBe(COMMIT);
});

describe('explains the cause and the remedy', () => {
  it.each<[string, HubRepository['kind'], RegExp]>([
    ['o/none', 'models', /^model o\/none: 127.* has no such model, or no revision "main" of it\.$/],
    ['o/none', 'datasets', /^dataset o\/none: 127.* has no such dataset, or no revision "main" of it\.$/],
    ['o/gated', 'models', /refuses access \(403\).*at http:[\w/.:]+\/o\/gated\/tree\/main, and set HF_T/],
    ['o/gated', 'datasets', /accept its terms at http:[\w/.:]+\/datasets\/o\/gated\/tree\/main, and set/],
    ['o/busy', 'models', /^model o\/busy: 127.* answered 503\. Try again later\.$/],
    ['o/page', 'models', /^model o\/page: the response of 127.* is not a listing of a model\.$/],
    ['o/other', 'datasets', /^dataset o\/other: the response of 127.* is not a listing of a dataset\.$/],
  ])('%s of %s', async (id, kind, message) => {
    await expect(list(id, kind)).rejects.toThrow(message);
  });

  it('with the answer as the cause', async () => {
    const { cause } = await list('o/busy').catch((error) => error);
    expect(cause).toBeInstanceOf(HttpStatusError);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'the hub cannot be reached',
      { HF_ENDPOINT: 'http://127.0.0.1:1' },
      /127\.0\.0\.1:1 cannot .* this machine \(ECONNREFUSED\)/,
    ],
    [
      'HF_HUB_OFFLINE is set',
      { HF_HUB_OFFLINE: '1' },
      /cannot be used from this machine \(HF_HUB_OFFLINE=1 is set\)/,
    ],
  ])('when %s', async (_, more, message) => {
    env = { ...env, ...more };
    await expect(list('o/set')).rejects.toThrow(message);
    await expect(list('o/set')).rejects.toThrow(
      /Download the files from http.*tree\/main .*or set HF_ENDPOINT to/,
    );
    expect(requests).toEqual([]);
  });

  it('when HF_ENDPOINT is not a URL', async () => {
    env = { HF_ENDPOINT: 'mirror' };
    await expect(list('o/set')).rejects.toThrow('HF_ENDPOINT is "mirror"; expected a URL');
  });

  it('when the hub has a private address, which is not allowed', async () => {
    const repository = { kind: 'datasets', id: 'o/set', revision: 'main' } as const;
    await expect(listHub(repository, { env })).rejects.toThrow(
      /dataset o\/set: .*not on the public internet/,
    );
  });
});
