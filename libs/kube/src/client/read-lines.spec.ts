import { resourceType } from '../object';
import { FakeApiServer, type Widget, widget } from '../testing/fake-api-server';
import { KubeClient } from './kube-client';

const widgets = resourceType<Widget>('example.io/v1', 'Widget', 'widgets');

describe('lines of a subresource', () => {
  let server: FakeApiServer;
  let client: KubeClient;
  const read = async (subresource = 'log') => {
    const lines: string[] = [];
    const name = { namespace: 'default', name: 'a' };
    for await (const line of client.lines(widgets, name, { subresource, query: { follow: true } }))
      lines.push(line);
    return lines;
  };
  const answer = (body: string) =>
    server.misbehave(({ path }) => path.endsWith('/log'), { status: 200, body });

  beforeAll(async () => {
    server = await FakeApiServer.start();
    client = new KubeClient({ connection: server.connection() });
    await client.create(widgets, widget('a'));
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  it.each<[string, string[]]>([
    ['', []],
    ['one\ntwo\n', ['one', 'two']],
    ['one\n\ncut', ['one', '', 'cut']],
  ])('%j', async (body, lines) => {
    answer(body);
    expect(await read()).toEqual(lines);
    expect(server.requests.at(-1)?.query.get('follow')).toBe('true');
  });

  it('cuts a line without an end', async () => {
    answer('x'.repeat(3 * 1024 * 1024));
    const lines = await read();
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join('')).toHaveLength(3 * 1024 * 1024);
  });

  it('fails as every call does', async () => {
    server.misbehave(({ path }) => path.endsWith('/log'), {
      status: 400,
      body: { kind: 'Status', reason: 'BadRequest', message: 'container is waiting to start' },
    });
    await expect(read()).rejects.toThrow('get widgets/log a: container is waiting to start');
  });
});
