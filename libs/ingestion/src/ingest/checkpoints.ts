import { SPLITS, type Split } from '@open-chatgpt/datasets';
import type { RecordsState } from '../records/write-records';
import type { ShardsState } from '../shards/write-shards';
import type { IngestState, WorkFolder } from './work-folder';

/**
 * Saves the state of both stages, which run concurrently, in one file. The state of shards is saved only with a checkpoint that has their
 * records: if a source were altered before the ingestion is resumed, the shards would otherwise hold other records.
 */
export class Checkpoints {
  private readonly ahead: Partial<Record<Split, ShardsState>> = {};
  private written: Promise<void> = Promise.resolve();

  constructor(
    private readonly work: WorkFolder,
    private readonly state: IngestState,
  ) {}

  /** Resolves when the state is on disk. It is copied, because the stages continue to change it. */
  saveRecords(records: RecordsState): Promise<void> {
    this.state.records = structuredClone(records);
    return this.write();
  }

  saveShards(split: Split, shards: ShardsState): Promise<void> {
    this.ahead[split] = structuredClone(shards);
    return this.write();
  }

  private write(): Promise<void> {
    const { records, shards } = this.state;
    for (const split of SPLITS) {
      const made = this.ahead[split];
      if (!made || !records || made.bytesRead > records.bytes[split]) continue;
      shards[split] = made;
      delete this.ahead[split];
    }
    this.written = this.written.then(() => this.work.save(this.state));
    return this.written;
  }
}
