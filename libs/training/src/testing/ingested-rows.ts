import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetKind } from '@open-chatgpt/datasets';
import { ingest, openIngestRequest } from '@open-chatgpt/ingestion';
import type { IngestRequest } from '@open-chatgpt/pipeline';
import type { Tokenizer } from '@open-chatgpt/tokenizer';
import { BUILTIN_TASKS } from '../data/builtin-tasks';
import { freshTokenizer } from '../pipeline/fresh-tokenizer';

/** Longest row that ingestion tokenizes. */
export const MAX_LENGTH = 64;

/** Rows in a file, to be read as they are or ingested into folders beside it. */
export class IngestedRows {
  private constructor(
    private readonly root: string,
    readonly tokenizer: Tokenizer,
    private readonly kind: DatasetKind | undefined,
  ) {}

  /** @param kind of the ingested folders; that of the rows by default */
  static async write(rows: readonly object[], kind?: DatasetKind): Promise<IngestedRows> {
    const tokenizer = await freshTokenizer({ path: BUILTIN_TASKS, limit: 100, evalFraction: 0 }, 300, 1);
    const root = mkdtempSync(join(tmpdir(), 'ingested-rows-'));
    const written = new IngestedRows(root, tokenizer, kind);
    writeFileSync(written.file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return written;
  }

  get file(): string {
    return join(this.root, 'rows.jsonl');
  }

  /**
   * @param tokenization of the rows; without it the folder has records only
   * @param evalFraction of the prompts is held out, with seed 0
   */
  async ingest(
    name: string,
    tokenization?: Partial<IngestRequest['tokenization']>,
    evalFraction = 0.2,
  ): Promise<string> {
    const output = join(this.root, name);
    const request = {
      kind: this.kind,
      sources: [{ source: this.file }],
      split: { evalFraction },
      tokenization: tokenization && {
        tokenizer: 'ours',
        template: 'model' as const,
        maxLength: MAX_LENGTH,
        ...tokenization,
      },
    };
    const openTokenizer = async () => this.tokenizer;
    await ingest({ ...(await openIngestRequest(request, { openTokenizer })), output });
    return output;
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}
