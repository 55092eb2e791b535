import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { readDataset } from '../reading/read-dataset';
import { isSourceUnavailable } from './is-unavailable';
import { openSource } from './open-source';

const ROWS = Array.from({ length: 30 }, (_, i) =>
  JSON.stringify({ instruction: `i${i}`, output: `o${i}` }),
).join('\n');

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    if (url === '/rows.jsonl') response.end(ROWS);
    else if (url === '/rows.gz') response.end(gzipSync(ROWS));
    else if (url === '/moved') response.writeHead(302, { location: '/rows.jsonl' }).end();
    else response.writeHead(url === '/busy' ? 503 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** The error of reading a dataset that cannot be read. */
async function failure(url: string): Promise<Error> {
  const source = await openSource(url, { allowPrivate: true });
  return readDataset(source, { kind: 'supervised' }).then(
    () => new Error('was read'),
    (error) => error,
  );
}

it.each(['/rows.jsonl', '/rows.gz', '/moved'])('reads a dataset from %s', async (path) => {
  const source = await openSource(`${base}${path}`, { allowPrivate: true });
  expect((await readDataset(source, { kind: 'supervised' })).examples).toHaveLength(30);
});

it('can be read again, and closes its connection when it is left', async () => {
  const source = await openSource(`${base}/rows.jsonl`, { allowPrivate: true });
  for (let i = 0; i < 2; i++) {
    expect((await readDataset(source, { kind: 'supervised', limit: 1 })).examples).toHaveLength(1);
  }
});

it('is not read from addresses of this machine by default', async () => {
  const source = await openSource(`${base}/rows.jsonl`);
  await expect(readDataset(source, { kind: 'supervised' })).rejects.toThrow(
    /dataset http.*127\.0\.0\.1, which is not on the public/,
  );
});

it('says what is wrong without the secrets in a URL', async () => {
  const { message } = await failure(`${base.replace('//', '//me:pass@')}/none?signature=abc`);
  expect(message).toMatch(/dataset http.*\/none\?…: the server answered 404/);
  expect(message).not.toMatch(/pass|abc/);
});

it.each([
  ['/none', false],
  ['/busy', true],
])('%s may be read by another try: %s', async (path, expected) => {
  expect(isSourceUnavailable(await failure(`${base}${path}`))).toBe(expected);
});
