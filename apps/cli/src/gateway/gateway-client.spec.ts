import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayClient, GatewayRefused } from './gateway-client';

describe('the client of a gateway', () => {
  let server: Server;
  let client: GatewayClient;
  beforeEach(async () => {
    // Answers as a server of models does.
    server = createServer(({ url }, response) => {
      const found = url?.startsWith('/v1/models');
      const body = found ? { object: 'list', data: [] } : { error: { message: 'no such route' } };
      response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = new GatewayClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterEach(() => server.close());

  it.each([
    ['a list of something else', () => client.list('models'), /its models are not a list/],
    ['an unknown path', () => client.pipeline('a'), /there is no \/v1\/pipelines\/a/],
    ['an unknown action', () => client.submit('name: a'), /there is no \/v1\/pipelines\b/],
  ])('rejects a server that is not a gateway: %s', async (_, ask, why) => {
    const error = await ask().catch((caught) => caught);
    expect(error).toBeInstanceOf(GatewayRefused);
    expect(error.message).toMatch(/is not the control API of a platform .*such as openchat serve$/);
    expect(error.message).toMatch(why);
  });
});
