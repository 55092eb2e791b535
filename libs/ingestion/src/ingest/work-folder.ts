import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_FILE, REPORT_FILE, type Split } from '@open-chatgpt/datasets';
import type { RecordsState } from '../records/write-records';
import type { ShardsState } from '../shards/write-shards';
import { readJson, writeJson } from './json-file';

/** All that an ingestion needs to go on after a stop, beside the files that it names lengths of. */
export interface IngestState {
  version: 1;
  /** Of the options that it began with. */
  optionsHash: string;
  records: RecordsState | null;
  shards: Partial<Record<Split, ShardsState>>;
}

/** The files and folders of a dataset. */
const CONTENT = ['records', 'shards', REPORT_FILE, MANIFEST_FILE];

/** The folder in which a dataset is made until it is complete. */
export class WorkFolder {
  readonly path: string;
  private readonly work: string;

  constructor(output: string) {
    this.path = `${output}.partial`;
    this.work = join(this.path, '.work');
  }

  file(name: string): string {
    return join(this.path, name);
  }

  journal(name: string): string {
    return join(this.work, `${name}.journal`);
  }

  /** What an earlier ingestion left, when it is to be continued; else an empty folder. Throws when its options were others. */
  async open(optionsHash: string, resume: boolean): Promise<IngestState> {
    const state = resume ? ((await readJson(join(this.work, 'state.json'))) as IngestState | null) : null;
    if (state && (state.version !== 1 || state.optionsHash !== optionsHash)) {
      throw new Error(
        `ingest: ${this.path} was begun with other options or datasets. Continue with the same ones, or start anew without resume.`,
      );
    }
    if (!state) await rm(this.path, { recursive: true, force: true });
    await mkdir(this.work, { recursive: true });
    await mkdir(this.file('records'), { recursive: true });
    return state ?? { version: 1, optionsHash, records: null, shards: {} };
  }

  async save(state: IngestState): Promise<void> {
    await writeJson(join(this.work, 'state.json'), state);
  }

  /** Gives the finished dataset its name. What a killed ingestion left beside its files goes. */
  async publish(output: string): Promise<void> {
    for (const name of await readdir(this.path))
      if (!CONTENT.includes(name)) await rm(join(this.path, name), { recursive: true, force: true });
    await rename(this.path, output);
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
