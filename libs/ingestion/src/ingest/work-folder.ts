import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_FILE, REPORT_FILE, type Split } from '@open-chatgpt/datasets';
import type { RecordsState } from '../records/write-records';
import type { ShardsState } from '../shards/write-shards';
import { readJson, writeJson } from './json-file';

/** The state from which an ingestion is resumed, together with its files. */
export interface IngestState {
  version: 1;
  /** The hash of its options. */
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

  /** Opens the folder of an unfinished ingestion to resume it, or an empty one. Throws when the options differ. */
  async open(optionsHash: string, resume: boolean): Promise<IngestState> {
    const state = resume ? ((await readJson(join(this.work, 'state.json'))) as IngestState | null) : null;
    if (state && (state.version !== 1 || state.optionsHash !== optionsHash)) {
      throw new Error(
        `ingest: ${this.path} was begun with other options or sources. Resume with the same ones, or start again without resume.`,
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

  /** Renames the folder to `output`. Removes the temporary files of this ingestion and of a killed one. */
  async publish(output: string): Promise<void> {
    for (const name of await readdir(this.path))
      if (!CONTENT.includes(name)) await rm(join(this.path, name), { recursive: true, force: true });
    await rename(this.path, output);
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
