import type { Request } from 'express';
import { AccessLog, type Refusal } from './access-log';

describe('AccessLog', () => {
  const lines: object[] = [];
  const counted: string[] = [];
  const write = (fields: object, message: string) => lines.push({ message, ...fields });
  const log = new AccessLog(
    { info: write, warn: write } as never,
    { inc: ({ reason }: { reason: string }) => counted.push(reason) } as never,
  );
  const request = (method: string, path = '/v1/pipelines') =>
    ({
      method,
      path,
      ip: '192.0.2.7',
      headers: { authorization: 'Bearer oct_secret' },
    }) as unknown as Request;
  beforeEach(() => {
    lines.length = 0;
    counted.length = 0;
  });

  it.each<Refusal>(['foreign', 'unauthenticated', 'scope', 'rate'])('names who was refused: %s', (reason) => {
    log.refused(request('POST'), reason, 'f00d');
    const where = { method: 'POST', path: '/v1/pipelines', address: '192.0.2.7', caller: 'f00d' };
    expect(lines).toEqual([{ message: 'A request is refused', ...where, reason }]);
    expect(counted).toEqual([reason]);
  });

  it('counts all refusals, and does not write a line for each of many', () => {
    for (let i = 0; i < 1000; i++) log.refused(request('GET'), 'rate', 'beef');
    expect(counted).toHaveLength(1000);
    expect(lines.length).toBeGreaterThanOrEqual(60);
    expect(lines.length).toBeLessThan(900);
  });

  it('names who requested a change, not who reads, answers or gives preferences', () => {
    log.accepted(request('DELETE', '/v1/models/x'), 'submit', 'f00d');
    log.accepted(request('POST', '/v1/garbage-collection'), 'admin', 'cafe');
    log.accepted(request('POST', '/v1/load_lora_adapter'), 'models', 'beef');
    log.accepted(request('GET'), 'submit', 'f00d');
    log.accepted(request('POST'), 'read', 'f00d');
    log.accepted(request('POST', '/v1/chat/completions'), 'inference', 'f00d');
    log.accepted(request('POST', '/v1/preferences'), 'preferences', 'f00d');
    expect(lines).toMatchObject([
      { message: 'A change is requested', caller: 'f00d', path: '/v1/models/x', scope: 'submit' },
      { message: 'A change is requested', caller: 'cafe', scope: 'admin' },
      { message: 'A change is requested', caller: 'beef', scope: 'models' },
    ]);
  });

  it('holds no token, and a path of bounded length', () => {
    log.refused(request('GET', `/${'x'.repeat(10_000)}`), 'unauthenticated');
    const text = JSON.stringify(lines);
    expect(text).not.toContain('oct_secret');
    expect(text.length).toBeLessThan(500);
  });
});
