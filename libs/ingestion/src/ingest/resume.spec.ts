import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tokenizer } from '@open-chatgpt/tokenizer';
import { IngestFixture } from '../testing/ingest-fixture';
import { COUNT, ROWS, source, stream } from '../testing/made-up-source';
import { ingest } from './ingest';
import type { IngestOptions } from './options';

/** Every file below a folder, with its content. */
function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name)).toString('latin1')]));
}

describe('an ingestion that is repeated or resumed', () => {
  const fixture = IngestFixture.forSpec();

  it('gives the same bytes again, whatever the checkpoints', async () => {
    await ingest(fixture.options('a'));
    await ingest(fixture.options('b', { sources: [source(ROWS)], checkpointRows: 17 }));
    expect(filesOf(fixture.path('b'))).toEqual(filesOf(fixture.path('a')));
  });

  it.each([0, 99, 100, 101, COUNT - 1])(
    'stopped at row %p and resumed, it gives the same bytes',
    async (stopAt) => {
      const memory = { dedup: { memoryMiB: 0.1 }, checkpointRows: 100 };
      const unbroken = await ingest(fixture.options('unbroken', memory));
      expect(unbroken.forgotten['near']).toBeGreaterThan(0);
      await expect(
        ingest(fixture.options('set', { ...memory, sources: [source(ROWS, stopAt)] })),
      ).rejects.toThrow(/power/);
      expect(existsSync(fixture.path('set'))).toBe(false);
      expect(
        await ingest(fixture.options('set', { ...memory, sources: [source(ROWS)], resume: true })),
      ).toEqual(unbroken);
      expect(filesOf(fixture.path('set'))).toEqual(filesOf(fixture.path('unbroken')));
    },
  );

  it.each([0, 700, 1700])(
    'stopped while it tokenizes, after %p calls, and resumed, it gives the same bytes',
    async (calls) => {
      await ingest(fixture.options('unbroken'));
      let left = calls;
      const failing = Object.create(fixture.tokenizer, {
        encode: {
          value: (...args: Parameters<Tokenizer['encode']>) => {
            if (left-- <= 0) throw new Error('the power went out');
            return fixture.tokenizer.encode(...args);
          },
        },
      });
      const broken = fixture.tokenization({ tokenizer: failing });
      await expect(
        ingest(fixture.options('set', { sources: [source(ROWS)], tokenization: broken })),
      ).rejects.toThrow(/power/);
      await ingest(fixture.options('set', { sources: [source(ROWS)], resume: true }));
      expect(filesOf(fixture.path('set'))).toEqual(filesOf(fixture.path('unbroken')));
    },
  );

  it('stops at a signal with its state saved, and starts from the beginning without resume', async () => {
    const controller = new AbortController();
    async function* rows() {
      for await (const row of stream(ROWS)) {
        if (row.line === 500) controller.abort(new Error('stopped by hand'));
        yield row;
      }
    }
    const stopped = fixture.options('set', {
      sources: [{ ...source(ROWS), rows: rows() }],
      signal: controller.signal,
    });
    await expect(ingest(stopped)).rejects.toThrow(/stopped by hand/);
    const state = JSON.parse(readFileSync(fixture.path('set.partial/.work/state.json'), 'utf8'));
    // Rows are read ahead by a batch or two.
    expect(state.records.rows[0]).toBeGreaterThan(240);
    await ingest(fixture.options('set'));
    await ingest(fixture.options('other', { sources: [source(ROWS)] }));
    expect(filesOf(fixture.path('set'))).toEqual(filesOf(fixture.path('other')));
  });

  it('a finished dataset is not made again', async () => {
    const report = await ingest(fixture.options('set'));
    expect(await ingest(fixture.options('set', { resume: true, sources: [source([])] }))).toEqual(report);
    await expect(ingest(fixture.options('set'))).rejects.toThrow(/exists, a dataset made earlier/);
    await expect(ingest(fixture.options('set', { resume: true, split: {} }))).rejects.toThrow(
      /exists, a dataset made earlier/,
    );
  });

  it('rejects a resume with other options, with fewer rows, or with an altered folder', async () => {
    const begin = () => ingest(fixture.options('set', { sources: [source(ROWS, 650)], checkpointRows: 100 }));
    await expect(begin()).rejects.toThrow(/power/);
    const resume = (more: Partial<IngestOptions>) =>
      ingest(fixture.options('set', { resume: true, ...more }));
    await expect(resume({ split: { evalFraction: 0.2 } })).rejects.toThrow(/begun with other options/);
    await expect(resume({ sources: [source(ROWS.slice(0, 500))] })).rejects.toThrow(
      /ends after 500 rows, where a checkpoint counted 600/,
    );
    writeFileSync(fixture.path('set.partial/records/train.jsonl'), '');
    await expect(resume({ sources: [source(ROWS)] })).rejects.toThrow(/0 bytes, where a checkpoint counted/);
    writeFileSync(fixture.path('set.partial/.work/state.json'), '{');
    await expect(resume({ sources: [source(ROWS)] })).rejects.toThrow(/state.json: no JSON/);
    mkdirSync(fixture.path('taken'));
    await expect(ingest(fixture.options('taken', { sources: [source(ROWS)] }))).rejects.toThrow(
      /is no dataset/,
    );
  });
});
