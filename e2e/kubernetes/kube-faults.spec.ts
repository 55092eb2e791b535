import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  connectFromEnvironment,
  Informer,
  KubeClient,
  type KubeObject,
  resourceType,
} from '@open-chatgpt/kube';
import { type Cluster, startCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

const configMaps = resourceType<ConfigMap>('v1', 'ConfigMap', 'configmaps');

/** A connection to the API server that a spec can cut. */
class Cable {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #cut = false;

  constructor(target: URL) {
    this.#server = createServer((socket) => {
      if (this.#cut) return void socket.destroy();
      const beyond = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [socket, beyond],
        [beyond, socket],
      ]) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
  }

  async listen(): Promise<URL> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return new URL(`https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

describe('controllers when the control plane fails', () => {
  let cluster: Cluster;
  let client: KubeClient;
  let namespace: string;

  beforeAll(async () => {
    cluster = await startCluster();
    namespace = await cluster.createNamespace('kube-faults');
    client = new KubeClient({
      connection: await connectFromEnvironment({ kubeconfig: cluster.kubeconfig }),
      retries: 20,
    });
  });

  afterAll(async () => {
    client?.close();
    await cluster?.stop();
  });

  /** Not `create`: an apply is repeated also when the connection ends within the call. */
  const create = (name: string, data: ConfigMap['data'] = {}) =>
    client.apply(
      configMaps,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data },
      { fieldManager: 'spec' },
    );

  function informerOf(of: KubeClient, reasons: string[]) {
    return new Informer({
      client: of,
      type: configMaps,
      namespace,
      metrics: {
        objects: () => undefined,
        listed: (_, reason) => reasons.push(`listed: ${reason}`),
        watchEnded: (_, reason) => reasons.push(reason),
      },
    });
  }

  it('an API server that is killed and started again: informers go on, and miss nothing', async () => {
    const reasons: string[] = [];
    const informer = informerOf(client, reasons);
    informer.start();
    await informer.synced();
    for (let round = 0; round < 3; round++) {
      await create(`before-${round}`);
      await cluster.kill('apiserver');
      const duringOutage = create(`during-${round}`);
      await cluster.start('apiserver');
      await duringOutage;
      await create(`after-${round}`);
      await cluster.until('the informer has caught up', () =>
        ['before', 'during', 'after'].every((when) => informer.get(`${namespace}/${when}-${round}`)),
      );
      await client.delete(configMaps, { namespace, name: `before-${round}` });
      await cluster.until(
        'the informer sees the deletion',
        () => !informer.get(`${namespace}/before-${round}`),
      );
    }
    expect(reasons[0]).toBe('listed: first');
    expect(reasons).toContain('Unavailable');
    await informer.stop();
  });

  it('a version that the API server no longer has: 410 Expired, a new list, and the differences', async () => {
    const connection = await connectFromEnvironment({ kubeconfig: cluster.kubeconfig });
    const cable = new Cable(connection.server);
    const far = new KubeClient({ connection: { ...connection, server: await cable.listen() } });
    const reasons: string[] = [];
    const changes: string[] = [];
    const informer = informerOf(far, reasons);
    await create('deleted-meanwhile');
    await create('recreated-meanwhile');
    informer.start();
    await informer.synced();
    informer.onChange(({ type, key }) => changes.push(`${type} ${key.split('/')[1]}`));

    cable.cut();
    for (const name of ['deleted-meanwhile', 'recreated-meanwhile'])
      await client.delete(configMaps, { namespace, name });
    await create('recreated-meanwhile');
    await create('added-meanwhile');
    // A new API server has only the events since its start in its cache of watches.
    await cluster.kill('apiserver');
    await cluster.start('apiserver');
    cable.mend();
    await cluster.until('the informer lists again', () => reasons.includes('listed: Expired'));
    expect(changes.sort()).toEqual([
      'added added-meanwhile',
      'added recreated-meanwhile',
      'deleted deleted-meanwhile',
      'deleted recreated-meanwhile',
    ]);
    await create('later');
    await cluster.until('the informer follows', () => informer.get(`${namespace}/later`));
    await informer.stop();
    far.close();
    cable.close();
  });

  describe('two processes that want to lead', () => {
    const processes: ChildProcess[] = [];

    function elector(identity: string) {
      const child = spawn(
        process.execPath,
        [join(__dirname, '..', 'testing', 'elector-process.cjs'), namespace, identity],
        { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, stdio: ['ignore', 'pipe', 'inherit'] },
      );
      processes.push(child);
      const lines: string[] = [];
      child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.trim().split('\n')));
      return { child, lines };
    }

    afterEach(() => {
      for (const child of processes.splice(0)) child.kill('SIGKILL');
    });

    it('never act at once, also when one is stopped in the middle of its work and goes on later', async () => {
      await create('written');
      const writers: string[] = [];
      const informer = informerOf(client, []);
      informer.onChange(({ object }) => {
        const { identity } = object.data ?? {};
        if (identity && writers.at(-1) !== identity) writers.push(identity);
      });
      informer.start();
      await informer.synced();

      const a = elector('a');
      await cluster.until('a leads', () => a.lines.includes('leads'));
      const b = elector('b');
      await cluster.until('a writes', () => writers.includes('a'));
      a.child.kill('SIGSTOP');
      const stopped = Date.now();
      await cluster.until('b leads', () => writers.includes('b'));
      // The lease is 15 s, of which up to 2 s had passed.
      expect(Date.now() - stopped).toBeGreaterThan(12_000);

      a.child.kill('SIGCONT');
      await cluster.until('a notices', () => a.lines.includes('lost'));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      // The server has seen no write of a after the first one of b.
      expect(writers).toEqual(['a', 'b']);

      // A leader that ends lets the next one begin at once.
      const c = elector('c');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(c.lines).toEqual([]);
      b.child.kill('SIGTERM');
      const ended = Date.now();
      await cluster.until('c leads', () => writers.includes('c'));
      // It was given back; else it would be free after 13 to 15 s.
      expect(Date.now() - ended).toBeLessThan(12_000);
      expect(b.lines).toEqual(['leads', 'stopped']);
      expect(writers).toEqual(['a', 'b', 'c']);
      await informer.stop();
    });
  });
});
