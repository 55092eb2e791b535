import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { httpGet } from './http-get';

/** Here public names resolve to the test's server, and 127.0.0.2 acts as the metadata service. */
jest.mock('./address-guard', () => ({
  checkHost: (host: string) => {
    if (host === '127.0.0.2') throw new Error(`${host} is not public`);
  },
  lookupPublic: ((host, options, callback) => {
    if (host === 'internal.test') callback(new Error(`${host} is not public`), [], 0);
    else if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
    else callback(null, '127.0.0.1', 4);
  }) as LookupFunction,
}));

it.each(['127.0.0.2', 'internal.test'])(
  'a redirect to %s passes the same checks as the first URL',
  async (host) => {
    let requests = 0;
    const server = createServer((request, response) => {
      requests++;
      response.writeHead(302, { location: `http://${host}:${request.socket.localPort}/` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const url = new URL(`http://public.test:${(server.address() as AddressInfo).port}/`);
    await expect(async () => {
      for await (const _ of httpGet(url));
    }).rejects.toThrow(`${host} is not public`);
    expect(requests).toBe(1);
    server.close();
  },
);
