import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTokenizer, chatTemplate, loadTokenizer, type Tokenizer } from '@open-chatgpt/tokenizer';
import type { IngestOptions, Tokenization } from '../ingest/options';
import { ROWS, source } from './made-up-source';

/** A folder for each test, and options that ingest the made-up rows into it. */
export class IngestFixture {
  root = '';
  tokenizer!: Tokenizer;

  /** Registers the hooks of a spec. */
  static forSpec(): IngestFixture {
    const fixture = new IngestFixture();
    beforeAll(async () => {
      const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
      fixture.tokenizer = await loadTokenizer(buildTokenizer([...ascii, '\n']));
    });
    beforeEach(() => {
      fixture.root = mkdtempSync(join(tmpdir(), 'ingest-'));
    });
    afterEach(() => rmSync(fixture.root, { recursive: true }));
    return fixture;
  }

  path(name: string): string {
    return join(this.root, name);
  }

  tokenization(more: Partial<Tokenization> = {}): Tokenization {
    return {
      tokenizer: this.tokenizer,
      template: chatTemplate('alpaca', this.tokenizer),
      maxLength: 600,
      shardBytes: 60_000,
      pack: true,
      ...more,
    };
  }

  options(output: string, more: Partial<IngestOptions> = {}): IngestOptions {
    return {
      kind: 'supervised',
      sources: [source(ROWS)],
      output: this.path(output),
      split: { evalFraction: 0.1, seed: 3 },
      tokenization: this.tokenization(),
      ...more,
    };
  }

  /** The rows of a file of JSON Lines. */
  lines(name: string) {
    return readFileSync(this.path(name), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }
}
