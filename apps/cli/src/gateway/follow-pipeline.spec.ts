import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { followPipeline } from './follow-pipeline';
import { GatewayClient, GatewayUnreachable } from './gateway-client';

type Answer = { status?: number; body: string; cut?: boolean };

const event = (id: number) => `id: 0-${id}\nevent: run.progressed\ndata: {"step":${id}}\n\n`;
const END = 'event: pipeline\ndata: {}\n\n';

describe('followPipeline', () => {
  let server: Server;
  let answers: Answer[];
  const asked: (string | undefined)[] = [];
  const tokens = new Set<string | undefined>();
  const lost: string[] = [];
  const follow = async (patience?: number) => {
    const { port } = server.address() as AddressInfo;
    const gateway = new GatewayClient(`http://127.0.0.1:${port}`, 'secret');
    const data: string[] = [];
    const options = {
      signal: new AbortController().signal,
      onLost: (why: string) => lost.push(why),
      patience,
    };
    for await (const one of followPipeline(gateway, 'p', options)) data.push(one.data);
    return data;
  };

  beforeEach(async () => {
    asked.length = 0;
    lost.length = 0;
    server = createServer((request, response) => {
      asked.push(request.headers['last-event-id'] as string | undefined);
      tokens.add(request.headers.authorization);
      const { status = 200, body, cut } = answers.shift() ?? { body: END };
      response.writeHead(status, {
        'content-type': status === 200 ? 'text/event-stream' : 'application/json',
      });
      response.write(body, () => (cut ? response.destroy() : response.end()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it('continues after the last event when the stream breaks off, ends early, or is rejected for a while', async () => {
    answers = [
      { body: event(1) + event(2), cut: true },
      { status: 503, body: '{"detail":"away"}' },
      { body: event(3) + event(4) },
      { body: event(5) + END },
    ];
    expect(await follow()).toEqual([
      '{"step":1}',
      '{"step":2}',
      '{"step":3}',
      '{"step":4}',
      '{"step":5}',
      '{}',
    ]);
    expect(asked).toEqual([undefined, '0-2', '0-2', '0-4']);
    expect(tokens).toEqual(new Set(['Bearer secret']));
    expect(lost).toHaveLength(2);
  });

  it('does not retry a rejected request', async () => {
    answers = [{ body: event(1) }, { status: 404, body: '{"detail":"there is no pipeline \\"p\\""}' }];
    await expect(follow()).rejects.toThrow('404 there is no pipeline "p"');
    answers = [{ status: 401, body: '{"detail":"the token has expired"}' }];
    await expect(follow()).rejects.toThrow(/does not accept the credentials: the token has expired$/);
  });

  it('fails when the gateway stays unreachable', async () => {
    answers = Array.from({ length: 50 }, () => ({ status: 503, body: '{"detail":"away"}' }));
    await expect(follow(1)).rejects.toThrow(GatewayUnreachable);
    expect(asked.length).toBeLessThan(5);
  });
});
