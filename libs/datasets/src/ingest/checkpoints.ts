import { SIDES, type Side } from './side';
import type { IngestState, WorkFolder } from './work-folder';
import type { RecordsState } from './write-records';
import type { ShardsState } from './write-shards';

/**
 * Keeps the state of both stages, which run at the same time, in one file. Shards of records that no checkpoint has yet wait for
 * the next one: a source that is altered before the resumption would else leave shards of other records.
 */
export class Checkpoints {
  private readonly ahead: Partial<Record<Side, ShardsState>> = {};
  private written: Promise<void> = Promise.resolve();

  constructor(
    private readonly work: WorkFolder,
    private readonly state: IngestState,
  ) {}

  /** Resolves when the disk has it. The stages go on with their states, so copies are kept. */
  saveRecords(records: RecordsState): Promise<void> {
    this.state.records = structuredClone(records);
    return this.write();
  }

  saveShards(side: Side, shards: ShardsState): Promise<void> {
    this.ahead[side] = structuredClone(shards);
    return this.write();
  }

  private write(): Promise<void> {
    const { records, shards } = this.state;
    for (const side of SIDES) {
      const made = this.ahead[side];
      if (!made || !records || made.bytes > records.bytes[side]) continue;
      shards[side] = made;
      delete this.ahead[side];
    }
    this.written = this.written.then(() => this.work.save(this.state));
    return this.written;
  }
}
