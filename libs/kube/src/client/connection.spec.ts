import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resourceType } from '../object';
import { FakeApiServer, type Widget, widget } from '../testing/fake-api-server';
import { connectFromEnvironment } from './connection';
import { KubeClient } from './kube-client';

const widgets = resourceType<Widget>('example.io/v1', 'Widget', 'widgets');

const kubeconfig = (server: string, token: string) => `
apiVersion: v1
kind: Config
current-context: main
clusters:
- { name: here, cluster: { server: "${server}", insecure-skip-tls-verify: true } }
users:
- { name: me, user: { token: ${token} } }
contexts:
- { name: main, context: { cluster: here, user: me, namespace: team } }
- { name: other, context: { cluster: here, user: me } }
`;

describe('connectFromEnvironment', () => {
  const environment = { ...process.env };
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kube-connection-'));
    for (const name of ['KUBECONFIG', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'])
      delete process.env[name];
    process.env['HOME'] = folder;
  });

  afterEach(async () => {
    process.env = { ...environment };
    await rm(folder, { recursive: true });
  });

  it('reads KUBECONFIG, and takes the new token when the file is replaced', async () => {
    const server = await FakeApiServer.start();
    const file = join(folder, 'config');
    const { href } = server.connection().server;
    await writeFile(file, kubeconfig(href, 'one'));
    process.env['KUBECONFIG'] = file;
    server.token = 'one';
    const connection = await connectFromEnvironment();
    expect(connection.namespace).toBe('team');
    const client = new KubeClient({ connection });
    await client.create(widgets, widget('a'));

    await writeFile(`${file}.new`, kubeconfig(href, 'two'));
    await rename(`${file}.new`, file);
    server.token = 'two';
    expect((await client.get(widgets, { namespace: 'default', name: 'a' })).metadata.name).toBe('a');
    client.close();
    await server.stop();
  });

  it('takes the context that is named, and refuses one that is not there', async () => {
    const file = join(folder, 'config');
    await writeFile(file, kubeconfig('https://127.0.0.1:1', 'one'));
    const connection = await connectFromEnvironment({ kubeconfig: file, context: 'other' });
    expect(connection.namespace).toBe('default');
    await expect(connectFromEnvironment({ kubeconfig: file, context: 'prod' })).rejects.toThrow(
      'has no context "prod", only main, other',
    );
  });

  it('takes the service account of a pod, whose token and CA are read again each time', async () => {
    await writeFile(join(folder, 'namespace'), 'operators\n');
    await writeFile(join(folder, 'token'), 'one\n');
    await writeFile(join(folder, 'ca.crt'), 'CA');
    process.env['KUBERNETES_SERVICE_HOST'] = 'fd00::1';
    process.env['KUBERNETES_SERVICE_PORT'] = '6443';
    const connection = await connectFromEnvironment({ serviceAccount: folder });
    expect(connection).toMatchObject({ namespace: 'operators' });
    expect(connection.server.href).toBe('https://[fd00::1]:6443/');
    expect(await connection.access()).toEqual({
      headers: { authorization: 'Bearer one' },
      tls: { ca: 'CA' },
    });
    await writeFile(join(folder, 'token'), 'two\n');
    expect((await connection.access()).headers).toEqual({ authorization: 'Bearer two' });
  });

  it('says what to do when there is no API server, and when the pod has no token', async () => {
    await expect(connectFromEnvironment()).rejects.toThrow('set KUBECONFIG');
    process.env['KUBERNETES_SERVICE_HOST'] = '10.0.0.1';
    await expect(connectFromEnvironment({ serviceAccount: folder })).rejects.toThrow(
      'automountServiceAccountToken',
    );
  });
});
