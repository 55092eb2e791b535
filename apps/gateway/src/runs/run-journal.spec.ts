import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@open-chatgpt/service';
import { openObjectStore } from '@open-chatgpt/storage';
import type { PipelinesService } from '../pipelines/pipelines.service';
import type { RunEvent } from './run';
import { RunHistory } from './run-history';
import { RunJournal } from './run-journal';
import type { RunsService } from './runs.service';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const told = (phase: 'training' | 'evaluation', step: number) =>
  ({
    id: `${phase}-${step}`,
    type: 'run.progressed',
    data: { runId: 'r', phase, step },
  }) as unknown as RunEvent;

describe('the journal of a run', () => {
  let history: RunHistory;
  let journal: RunJournal;
  const documents = { learn: jest.fn() };
  const warned = jest.fn();
  beforeEach(() => {
    documents.learn.mockReset();
    history = new RunHistory(openObjectStore(folder));
    journal = new RunJournal(
      history,
      documents as unknown as RunsService,
      documents as unknown as PipelinesService,
      { warn: warned } as unknown as Logger,
    );
  });
  afterEach(() => journal.onApplicationShutdown());

  const written = async () => {
    const ids: string[] = [];
    for await (const logged of history.read('r')) ids.push(...logged.map(({ entry }) => entry.id));
    return ids;
  };
  /** Takes an event as a consumer does. @returns which awaited effects have come about, by event */
  const counted: string[] = [];
  const take = (event: RunEvent) =>
    journal.take(event, { commitAfter: (effect) => void effect.then(() => counted.push(event.id)) });

  it('has written an evaluation, and the steps before it, when it counts as handled; later steps wait for others', async () => {
    await take(told('training', 1));
    await take(told('training', 2));
    expect(await written()).toEqual([]);
    expect(counted).toEqual([]);
    await take(told('evaluation', 2));
    expect(await written()).toEqual(['training-1', 'training-2', 'evaluation-2']);
    expect(counted).toEqual(['training-1', 'training-2']);
    await take(told('training', 3));
    expect(await written()).toHaveLength(3);
    await journal.onApplicationShutdown();
    expect(await written()).toEqual(['training-1', 'training-2', 'evaluation-2', 'training-3']);
    expect(counted).toEqual(['training-1', 'training-2', 'training-3']);
  });

  it('writes steps that nothing follows after a while, and again where that fails', async () => {
    counted.length = 0;
    await take(told('training', 1));
    documents.learn.mockRejectedValueOnce(new Error('the store is away'));
    await take(told('training', 2));
    await take(told('training', 3));
    while (warned.mock.calls.length === 0) await sleep(20);
    expect(counted).toEqual([]);
    while (counted.length < 3) await sleep(20);
    expect(counted).toEqual(['training-1', 'training-2', 'training-3']);
    expect(await written()).toEqual(['training-1', 'training-2', 'training-3']);
  });

  it('writes waiting steps although the event that was to be written with them is given up', async () => {
    counted.length = 0;
    await take(told('training', 1));
    await take(told('training', 2));
    documents.learn.mockRejectedValueOnce(new Error('no such document'));
    await expect(take(told('evaluation', 2))).rejects.toThrow('no such document');
    expect(counted).toEqual([]);
    while (counted.length < 2) await sleep(20);
    expect(counted).toEqual(['training-1', 'training-2']);
    expect(await written()).toEqual(['training-1', 'training-2', 'evaluation-2']);
  });
});
