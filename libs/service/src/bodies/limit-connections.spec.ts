import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { ServiceConfig } from '../config/service-config';
import { MetricsService } from '../metrics/metrics.service';
import { limitConnections } from './limit-connections';

describe('limitConnections', () => {
  it('does not keep a connection on which nothing was asked yet', async () => {
    const server = createServer();
    limitConnections(server, { maxConnections: 4, bodySeconds: 1 } as ServiceConfig, new MetricsService());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await Promise.all([once(server, 'connection'), once(client, 'connect')]);
    const closed = once(server, 'close');
    server.close();
    client.resume();
    await once(client, 'close');
    await closed;
  }, 10_000);

  it('does not keep a connection that answers while the server closes', async () => {
    const server = createServer((_request, response) => {
      server.emit('asked', () => response.end('late'));
    });
    limitConnections(server, { maxConnections: 4, bodySeconds: 1 } as ServiceConfig, new MetricsService());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // fetch keeps its connection for the next request.
    const asked = once(server, 'asked');
    const answer = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [finish] = await asked;
    const closed = once(server, 'close');
    server.close();
    finish();
    expect(await (await answer).text()).toBe('late');
    await closed;
  }, 10_000);
});
