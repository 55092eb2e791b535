import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import koffi from 'koffi';
import { loadLibrary } from '../../native-library';
import { type Address, Struct } from '../pjrt-api';
import { joinHosts, type KeyValueCallbacks } from './join-hosts';
import { serveKeyValues } from './key-value-server';

const TOKEN = 'a secret of this spec';
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const DEADLINE_EXCEEDED = 4;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Calls the callbacks of one rank as the plugin does: from another thread, with pointers to structs. */
class Plugin {
  private readonly called = koffi.proto('uint64_t', ['void *']);
  /** The error that the last callback made; its address stands for it. */
  private failure: { code: number; message: string } | null = null;
  private readonly fail = koffi.register(
    (code: number, message: string, size: number) => {
      expect(size).toBe(Buffer.byteLength(message));
      this.failure = { code, message };
      return 1n;
    },
    koffi.pointer(koffi.proto('uint64_t', ['int', 'str', 'size_t'])),
  );

  constructor(private readonly callbacks: KeyValueCallbacks) {}

  async get(key: string, timeoutMs: number) {
    const args = new Struct(80).setBytes(16, Buffer.from(key)).set(32, timeoutMs);
    await this.call('get', args.set(40, this.failing()));
    return this.take(args, 56);
  }

  async tryGet(key: string) {
    const args = new Struct(72).setBytes(16, Buffer.from(key));
    await this.call('tryGet', args.set(32, this.failing()));
    return this.take(args, 48);
  }

  async put(key: string, value: string) {
    const args = new Struct(64).setBytes(16, Buffer.from(key)).setBytes(32, Buffer.from(value));
    await this.call('put', args.set(48, this.failing()));
    return this.failure;
  }

  /** As `put`, while the main thread is inside the call and cannot answer. */
  putSync(key: string, value: string): void {
    const args = new Struct(64).setBytes(16, Buffer.from(key)).setBytes(32, Buffer.from(value));
    expect(Number(koffi.decode(this.callbacks.put, this.called)(args.bytes))).toBe(0);
  }

  private failing = (): Address => BigInt(koffi.address(this.fail) as bigint);

  private call(kind: keyof KeyValueCallbacks, { bytes }: Struct): Promise<void> {
    this.failure = null;
    return new Promise((resolve, reject) => {
      koffi.decode(this.callbacks[kind], this.called).async(bytes, (error: Error | null) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  private take(args: Struct, field: number) {
    if (this.failure) return this.failure;
    const text = args.text(field);
    koffi.decode(args.get(field + 16), koffi.proto('void', ['uint64_t']))(args.get(field));
    return text;
  }
}

describe('joinHosts', () => {
  let ranks: Plugin[];
  let port: number;

  beforeAll(async () => {
    loadLibrary('libc.so.6', 'the C library');
    port = await freePort();
    const group = { size: 2, host: '127.0.0.1', port, token: TOKEN };
    ranks = [0, 1].map((rank) => new Plugin(joinHosts({ ...group, rank })));
  });

  it('gives a rank what another one writes, and waits for it', async () => {
    const [first, second] = ranks;
    const waits = second.get('topology/0', 60_000);
    const waitsToo = first.get('topology/1', 60_000);
    first.putSync('topology/0', 'eight GPUs');
    expect(await second.put('topology/1', 'eight more, ∅')).toBeNull();
    expect(await waits).toBe('eight GPUs');
    expect(await waitsToo).toBe('eight more, ∅');
    expect(await first.tryGet('topology/1')).toBe('eight more, ∅');
  });

  it('fails with the status that the plugin expects', async () => {
    const [first, second] = ranks;
    expect(await first.put('once', 'a')).toBeNull();
    expect(await second.put('once', 'b')).toMatchObject({
      code: ALREADY_EXISTS,
      message: expect.stringContaining('the ranks of a run start together'),
    });
    expect(await second.tryGet('once')).toBe('a');
    expect(await second.tryGet('never')).toMatchObject({ code: NOT_FOUND });
    expect(await second.get('never', 20)).toMatchObject({
      code: DEADLINE_EXCEEDED,
      message: expect.stringContaining('no rank wrote "never"'),
    });
  });

  it('answers nobody without the secret', async () => {
    for (const authorization of ['', 'Bearer guessed']) {
      const headers = { authorization };
      const put = await fetch(`http://127.0.0.1:${port}/key`, { method: 'PUT', body: 'x', headers });
      expect(put.status).toBe(401);
    }
    expect(await ranks[0].tryGet('key')).toMatchObject({ code: NOT_FOUND });
  });
});

describe('serveKeyValues', () => {
  it('refuses what is no request of a rank, and values that are too large', async () => {
    const server = await serveKeyValues({ port: 0, token: TOKEN });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const headers = { authorization: `Bearer ${TOKEN}` };
    const statusOf = async (path: string, init: RequestInit) =>
      (await fetch(`${url}/${path}`, { ...init, headers })).status;
    expect(await statusOf('key', { method: 'DELETE' })).toBe(405);
    expect(await statusOf('%E0%A4%A', {})).toBe(400);
    expect(await statusOf('key', { method: 'PUT', body: new Uint8Array((16 << 20) + 1) })).toBe(413);
    expect(await statusOf('key', {})).toBe(404);
    server.close();
    server.closeAllConnections();
  });
});
