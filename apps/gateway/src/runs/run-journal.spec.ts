import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

it('has written an evaluation, and the steps before it, when it counts as handled; later steps wait for others', async () => {
  const history = new RunHistory(openObjectStore(folder));
  const documents = { learn: async () => {} };
  const journal = new RunJournal(
    history,
    documents as unknown as RunsService,
    documents as unknown as PipelinesService,
    console as unknown as Logger,
  );
  const written = async () => {
    const ids: string[] = [];
    for await (const { entry } of history.read('r')) ids.push(entry.id);
    return ids;
  };
  await journal.take(told('training', 1));
  await journal.take(told('training', 2));
  expect(await written()).toEqual(['training-1']);
  await journal.take(told('evaluation', 2));
  expect(await written()).toEqual(['training-1', 'training-2', 'evaluation-2']);
  await journal.take(told('training', 3));
  expect(await written()).toHaveLength(3);
  await journal.onApplicationShutdown();
  expect(await written()).toEqual(['training-1', 'training-2', 'evaluation-2', 'training-3']);
});
