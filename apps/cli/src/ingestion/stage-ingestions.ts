import type { IngestProgress } from '@open-chatgpt/ingestion';
import type { IngestDisplay } from './ingest-progress';

/** An ingestion that takes longer is shown. */
const NOTICED_MS = 2000;

/** Shows how the datasets of a run are ingested, stage by stage. */
export class StageIngestions {
  private display: IngestDisplay | null = null;
  private current: { stage: string; since: number } | null = null;

  /** @param create the display of one ingestion */
  constructor(
    private readonly create: () => IngestDisplay,
    private readonly now: () => number = () => performance.now(),
  ) {}

  show(stage: string, progress: IngestProgress): void {
    if (this.current?.stage !== stage) {
      this.close();
      this.current = { stage, since: this.now() };
    }
    if (this.now() - this.current.since < NOTICED_MS) return;
    this.display ??= this.create();
    this.display.show(progress);
  }

  /** Idempotent. */
  close(): void {
    this.display?.close();
    this.display = null;
  }
}
