import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Bus, EventPublisher } from '@open-chatgpt/messaging';
import type { RunningService } from '@open-chatgpt/service';
import { startGateway, until } from '../testing/start-gateway';

const preference = (chosen: string, more: object = {}) => ({
  datasetId: 'helpful',
  prompt: [{ role: 'user' as const, content: 'q <script>' }],
  chosen,
  rejected: 'bad',
  ...more,
});

describe('preferences', () => {
  let folder: string;
  let gateway: RunningService;
  const submit = (body: object) =>
    fetch(`${gateway.url}/v1/preferences`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  const rows = async () => {
    const response = await fetch(`${gateway.url}/v1/preferences/helpful/export`);
    expect(response.headers.get('content-type')).toContain('application/jsonl');
    const content = await text(Readable.fromWeb(response.body as never));
    return content
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { chosen: string });
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'preferences-'));
    gateway = await startGateway(folder);
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('are stored once, and published', async () => {
    const named = preference('a', { preferenceId: 'one', annotator: 'ann' });
    expect(await (await submit(named)).json()).toEqual({
      accepted: 1,
      duplicates: 0,
      preferenceIds: ['one'],
    });
    expect(await (await submit(named)).json()).toEqual({
      accepted: 0,
      duplicates: 1,
      preferenceIds: ['one'],
    });
    const both = [preference('b'), preference('b')];
    const answer = (await (await submit(both)).json()) as { accepted: number; preferenceIds: string[] };
    expect(answer).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(new Set(answer.preferenceIds).size).toBe(1);
    expect((await rows()).map(({ chosen }) => chosen).sort()).toEqual(['a', 'b']);
    const published = await gateway.app.get<Bus>(Bus).driver.read('openchatgpt.preference.fact.v1');
    expect(new Set(published.map(({ headers }) => headers['ce_id']))).toEqual(
      new Set(['helpful/one', `helpful/${answer.preferenceIds[0]}`]),
    );
  });

  it('are never changed: another one with the same id is a conflict, the others are stored', async () => {
    const response = await submit([
      preference('other', { preferenceId: 'one' }),
      preference('c', { preferenceId: 'c' }),
    ]);
    expect(response.status).toBe(409);
    expect((await rows()).map(({ chosen }) => chosen).sort()).toEqual(['a', 'b', 'c']);
  });

  it('can be submitted by event', async () => {
    const events = gateway.app.get(EventPublisher);
    await events.publish('preference.submitted', preference('by event', { preferenceId: 'e' }) as never);
    await until(rows, (found) => found.some(({ chosen }) => chosen === 'by event'));
  });

  it('are exported unescaped', async () => {
    expect(await rows()).toContainEqual({
      prompt: [{ role: 'user', content: 'q <script>' }],
      chosen: 'a',
      rejected: 'bad',
    });
  });
});
