import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunEvent } from '@open-chatgpt/orchestration';
import type { Logger } from '@open-chatgpt/service';
import { openObjectStore } from '@open-chatgpt/storage';
import { Documents } from '../documents/documents';
import type { PipelinesService } from '../pipelines/pipelines.service';
import { RunHistory } from './run-history';
import { RunJournal } from './run-journal';
import type { RunsService } from './runs.service';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const progressed = (phase: 'training' | 'evaluation', step: number) =>
  ({
    id: `${phase}-${step}`,
    type: 'run.progressed',
    data: { runId: 'r', phase, step },
  }) as unknown as RunEvent;

describe('RunJournal', () => {
  let history: RunHistory;
  let journal: RunJournal;
  const documents = { apply: jest.fn() };
  const warned = jest.fn();
  beforeEach(() => {
    documents.apply.mockReset();
    history = new RunHistory(new Documents(openObjectStore(folder), () => undefined));
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
  /** Ids of the events that count as handled. */
  const counted: string[] = [];
  let offset = 0;
  /** Records an event as a consumer does. */
  const record = (event: RunEvent) =>
    journal.record(event, {
      position: { topic: 't', partition: 0, offset: offset++ },
      commitAfter: (effect) => void effect.then(() => counted.push(event.id)),
    });

  it('stores an evaluation and the steps before it before it counts as handled; later steps wait', async () => {
    await record(progressed('training', 1));
    await record(progressed('training', 2));
    expect(await written()).toEqual([]);
    expect(counted).toEqual([]);
    await record(progressed('evaluation', 2));
    expect(await written()).toEqual(['training-1', 'training-2', 'evaluation-2']);
    expect(counted).toEqual(['training-1', 'training-2']);
    await record(progressed('training', 3));
    expect(await written()).toHaveLength(3);
    await journal.onApplicationShutdown();
    expect(await written()).toEqual(['training-1', 'training-2', 'evaluation-2', 'training-3']);
    expect(counted).toEqual(['training-1', 'training-2', 'training-3']);
  });

  it('stores waiting steps after a while, and retries', async () => {
    counted.length = 0;
    await record(progressed('training', 1));
    documents.apply.mockRejectedValueOnce(new Error('the store does not answer'));
    await record(progressed('training', 2));
    await record(progressed('training', 3));
    while (warned.mock.calls.length === 0) await sleep(20);
    expect(counted).toEqual([]);
    while (counted.length < 3) await sleep(20);
    expect(counted).toEqual(['training-1', 'training-2', 'training-3']);
    expect(await written()).toEqual(['training-1', 'training-2', 'training-3']);
  });

  it('stores waiting steps although another event of the same write fails', async () => {
    counted.length = 0;
    await record(progressed('training', 1));
    await record(progressed('training', 2));
    documents.apply.mockRejectedValueOnce(new Error('no such document'));
    await expect(record(progressed('evaluation', 2))).rejects.toThrow('no such document');
    expect(counted).toEqual([]);
    while (counted.length < 2) await sleep(20);
    expect(counted).toEqual(['training-1', 'training-2']);
    expect(await written()).toEqual(['training-1', 'training-2', 'evaluation-2']);
  });
});
