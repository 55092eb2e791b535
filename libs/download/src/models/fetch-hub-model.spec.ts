import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchHubModel } from './fetch-hub-model';
import { isHubModel } from './hub-model-name';

const COMMIT = 'c0ffee'.padEnd(40, '0');
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('a model of the hub', () => {
  let folder: string;
  let server: Server;
  let env: Record<string, string>;
  /** The files of the model at the hub. */
  let files: Record<string, Buffer>;
  let requests: string[];
  /** Overrides the response of the hub: a body, or a status. */
  let override: (path: string) => Buffer | number | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-'));
    files = { 'weights.bin': Buffer.from('a pickle'), 'onnx/model.safetensors': Buffer.from('x') };
    files['config.json'] = Buffer.from('{"model_type":"llama"}');
    files['model.safetensors'] = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
    [requests, override] = [[], () => undefined];
    server = createServer(({ url = '', headers }, response) => {
      const path = url.slice(1);
      requests.push(path);
      const other = override(path);
      if (typeof other === 'number' || (path.includes('private') && headers.authorization !== 'Bearer t'))
        return response.writeHead(typeof other === 'number' ? other : 401).end();
      if (path.startsWith('api/models/')) {
        const siblings = Object.entries(files).map(([rfilename, bytes]) => ({
          rfilename,
          size: bytes.length,
          ...(rfilename.endsWith('.safetensors') && { lfs: { sha256: sha256(bytes) } }),
        }));
        return response.end(JSON.stringify({ sha: COMMIT, siblings }));
      }
      response.end(other ?? files[decodeURIComponent(path.split(`/resolve/${COMMIT}/`)[1])]);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    env = { HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });
  const fetchModel = (source = 'owner/tiny') => fetchHubModel(source, { folder, env });

  it('is downloaded once, without the files that are not part of a model', async () => {
    const path = await fetchModel();
    expect(path).toBe(join(folder, 'hub', 'owner--tiny', COMMIT));
    expect(readdirSync(path).sort()).toEqual(['config.json', 'model.safetensors']);
    for (const name of readdirSync(path))
      expect(readFileSync(join(path, name)).equals(files[name])).toBe(true);
    const before = requests.length;
    expect(await fetchModel('owner/tiny@main')).toBe(path);
    expect(requests.slice(before)).toEqual(['api/models/owner/tiny/revision/main?blobs=true']);
  });

  it('is downloaded again where a file was damaged since', async () => {
    const path = await fetchModel();
    const weights = readFileSync(join(path, 'model.safetensors'));
    weights[1000] ^= 1;
    writeFileSync(join(path, 'model.safetensors'), weights);
    const before = requests.length;
    expect(await fetchModel()).toBe(path);
    expect(readFileSync(join(path, 'model.safetensors')).equals(files['model.safetensors'])).toBe(true);
    expect(requests.slice(before).filter((one) => one.includes('/resolve/'))).toEqual([
      `owner/tiny/resolve/${COMMIT}/model.safetensors`,
    ]);
  });

  it("is taken from the cache of Hugging Face's programs where the hub does not answer", async () => {
    const cache = join(folder, 'shared', 'hub', 'models--owner--tiny');
    const snapshot = join(cache, 'snapshots', COMMIT);
    mkdirSync(join(cache, 'refs'), { recursive: true });
    mkdirSync(snapshot, { recursive: true });
    writeFileSync(join(cache, 'refs', 'main'), COMMIT);
    env = { ...env, HF_HUB_OFFLINE: '1', HF_HOME: join(folder, 'shared') };
    await expect(fetchModel()).rejects.toThrow(/HF_HUB_OFFLINE/);
    writeFileSync(join(snapshot, 'config.json'), '{}');
    expect(await fetchModel()).toBe(snapshot);
    expect(await fetchModel(`owner/tiny@${COMMIT}`)).toBe(snapshot);
    await expect(fetchModel('owner/tiny@other')).rejects.toThrow(/HF_HUB_OFFLINE/);
    await expect(fetchModel('owner/other')).rejects.toThrow(/HF_HUB_OFFLINE/);
  });

  it('is downloaded in the shards that its index names', async () => {
    const { 'model.safetensors': weights, ...rest } = files;
    const index = { weight_map: { a: 'part-1.safetensors', b: '../out.safetensors' } };
    files = {
      ...rest,
      'part-1.safetensors': weights,
      'other.safetensors': weights,
      'model.safetensors.index.json': Buffer.from(JSON.stringify(index)),
    };
    expect(readdirSync(await fetchModel()).sort()).toEqual([
      'config.json',
      'model.safetensors.index.json',
      'part-1.safetensors',
    ]);
  });

  it('whose download is damaged is refused; the next call downloads only the missing files', async () => {
    override = (path) => (path.endsWith('/model.safetensors') ? Buffer.from('something else') : undefined);
    await expect(fetchModel()).rejects.toThrow(
      'model.safetensors of owner/tiny differs from the size or SHA-256 that the hub lists',
    );
    [requests, override] = [[], () => undefined];
    await fetchModel();
    expect(requests.filter((path) => path.includes('resolve'))).toEqual([
      `owner/tiny/resolve/${COMMIT}/model.safetensors`,
    ]);
  });

  it.each<[string, () => void, string, RegExp]>([
    [
      'the model does not exist',
      () => {
        override = () => 404;
      },
      'owner/none',
      /owner\/none: .* has no such model, or no revision "main"/,
    ],
    ['a token is needed', () => undefined, 'owner/private', /refuses access \(401\).*set HF_TOKEN/],
    [
      'the hub fails',
      () => {
        override = () => 500;
      },
      'owner/tiny',
      /answered 500. Try again later/,
    ],
    [
      'the weights are only pickles',
      () => {
        files = { 'weights.bin': Buffer.from('') };
      },
      'owner/tiny',
      /has no model\.safetensors/,
    ],
    [
      'the hub cannot be reached',
      () => {
        env = { HF_ENDPOINT: 'http://127.0.0.1:1' };
      },
      'owner/tiny',
      /cannot be used from this machine .*use their path/,
    ],
    [
      'HF_HUB_OFFLINE is set',
      () => {
        env.HF_HUB_OFFLINE = '1';
      },
      'owner/tiny',
      /HF_HUB_OFFLINE=1 is set/,
    ],
  ])('explains the remedy when %s', async (_, arrange, source, message) => {
    arrange();
    await expect(fetchModel(source)).rejects.toThrow(message);
  });

  it('is requested with the token', async () => {
    env = { ...env, HF_TOKEN: 't' };
    expect(readdirSync(await fetchModel('owner/private'))).toContain('config.json');
  });

  it.each([
    ['owner/name', true],
    ['owner/na.me-1@v1.0', true],
    ['./owner/name', false],
    ['/owner/name', false],
    ['owner/name/file.gguf', false],
    ['name', false],
    ['builtin:x', false],
  ])('%s: %s', (text, expected) => expect(isHubModel(text)).toBe(expected));
});
