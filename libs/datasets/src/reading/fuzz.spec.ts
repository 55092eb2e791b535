import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { ADAPTERS } from '../adapters';
import { DEFAULT_LIMITS } from './limits';
import { readRows } from './read-rows';
import { type RawRow, type Row, RowDropped } from './row';

const zstd: Record<string, string> = JSON.parse(readFileSync(join(__dirname, 'golden/zstd.json'), 'utf8'));

const parquet: Record<string, string> = JSON.parse(
  readFileSync(join(__dirname, 'golden/parquet.json'), 'utf8'),
);

const RUNS = { numRuns: 40, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true };

/** Rows up to the error, if there is one; any error names the file. */
async function read(
  content: Buffer,
  name: string,
  chunkBytes: number,
  path?: string,
): Promise<{ rows: RawRow[]; failed: boolean }> {
  const source = {
    name,
    path,
    open: async function* () {
      for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
    },
  };
  const rows: RawRow[] = [];
  try {
    for await (const row of readRows(source, { ...DEFAULT_LIMITS, maxRowBytes: 2000 })) rows.push(row);
    return { rows, failed: false };
  } catch (error) {
    expect((error as Error).message).toContain(name);
    return { rows, failed: true };
  }
}
const values = (rows: RawRow[]) => rows.flatMap((row) => ('value' in row ? [row.value] : []));

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const row = fc.record({ instruction: text, input: text, output: text });
const rows = fc.array(row, { minLength: 2, maxLength: 12 });
const chunk = fc.constantFrom(1, 3, 17, 1000);

/** The formats, each with where its rows end in the bytes. */
const csvCell = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const writers: Record<string, (items: Row[]) => string[]> = {
  'x.jsonl': (items) => items.map((item) => `${JSON.stringify(item)}\n`),
  'x.json': (items) =>
    items.map(
      (item, i) => `${i === 0 ? '[\n' : ''}${JSON.stringify(item)}${i === items.length - 1 ? '\n]' : ',\n'}`,
    ),
  'x.csv': (items) =>
    items.map(
      (item, i) =>
        `${i === 0 ? 'instruction,input,output\n' : ''}${Object.values(item)
          .map((cell) => csvCell(String(cell)))
          .join()}\n`,
    ),
};

describe.each(Object.keys(writers))('%s', (name) => {
  it('gives back what was written, however it is cut in chunks', async () => {
    await fc.assert(
      fc.asyncProperty(rows, chunk, async (items, chunkBytes) => {
        const { rows: found, failed } = await read(
          Buffer.from(writers[name](items).join('')),
          name,
          chunkBytes,
        );
        expect(failed).toBe(false);
        expect(found.map((one) => 'value' in one && one.value)).toEqual(items);
      }),
      RUNS,
    );
  });

  it('loses no row before a cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        chunk,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (items, chunkBytes, share) => {
          const parts = writers[name](items);
          const bytes = Buffer.from(parts.join(''));
          const cut = Math.floor(bytes.length * share);
          let whole = 0;
          for (let end = 0; whole < parts.length; whole++) {
            end += Buffer.byteLength(parts[whole]);
            if (end > cut) break;
          }
          const { rows: found } = await read(bytes.subarray(0, cut), name, chunkBytes);
          expect(values(found).slice(0, whole)).toEqual(items.slice(0, whole));
        },
      ),
      RUNS,
    );
  });

  it('one damaged byte loses no row before it', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        chunk,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (items, chunkBytes, place, flip) => {
          const parts = writers[name](items);
          const bytes = Buffer.from(parts.join(''));
          // After the first row, which is what says how the file is written.
          const from = Buffer.byteLength(parts[0]);
          const at = from + (place % (bytes.length - from));
          bytes[at] ^= flip;
          let whole = 0;
          for (let end = 0; whole < parts.length; whole++) {
            end += Buffer.byteLength(parts[whole]);
            if (end > at) break;
          }
          const { rows: found } = await read(bytes, name, chunkBytes);
          expect(values(found).slice(0, whole)).toEqual(items.slice(0, whole));
        },
      ),
      RUNS,
    );
  });
});

it('JSON Lines: a damaged line costs only itself', async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.nat(),
      chunk,
      fc.uint8Array({ maxLength: 30 }),
      async (items, place, chunkBytes, noise) => {
        const lines: Buffer[] = items.map((item) => Buffer.from(JSON.stringify(item)));
        const bad = 1 + (place % items.length);
        lines.splice(bad, 0, Buffer.from(noise).map((byte) => (byte === 0x0a ? 0x20 : byte)) as Buffer);
        const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
        const found = values((await read(bytes, 'x.jsonl', chunkBytes)).rows).filter(
          (value) => typeof value === 'object' && value !== null && 'input' in value,
        );
        expect(found).toEqual(items);
      },
    ),
    RUNS,
  );
});

it.each([
  ['two zeros', [0, 0]],
  ['zeros at even places, not UTF-8', [0, 0xff, 0, 0xff]],
  ['many zeros', Array.from({ length: 300 }, () => 0)],
])('JSON Lines: a line of %s costs only itself', async (_, noise) => {
  const items = [{ input: '' }, { input: '' }];
  const lines = [JSON.stringify(items[0]), Buffer.from(noise).toString('latin1'), JSON.stringify(items[1])];
  const { rows: found } = await read(Buffer.from(lines.join('\n'), 'latin1'), 'x.jsonl', 17);
  expect(values(found)).toEqual(items);
});

it('CSV is read as csv-parse reads it', async () => {
  const cell = fc.oneof(text, fc.constantFrom('', 'a,b', 'a\nb', '"', 'a"b', ' x '));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }),
      chunk,
      async (cells, chunkBytes) => {
        const csv = `a,b\n${cells.map((pair) => pair.map((one) => (/[",\r\n]/.test(one) ? csvCell(one) : one)).join()).join('\n')}\n`;
        const want = parseCsv(csv, { columns: true, skip_empty_lines: true }) as Row[];
        expect(values((await read(Buffer.from(csv), 'x.csv', chunkBytes)).rows)).toEqual(want);
      },
    ),
    RUNS,
  );
});

describe('packed and Parquet files', () => {
  const lines = Array.from({ length: 400 }, (_, i) => ({ a: (i * 7919) % 10007 }));
  const packed: Record<string, Buffer> = {
    'x.gz': gzipSync(lines.map((line) => JSON.stringify(line)).join('\n')),
    'x.zst': Buffer.from(zstd['one frame with a checksum'], 'base64'),
    ...Object.fromEntries(
      Object.entries(parquet).map(([name, content]) => [`${name}.parquet`, Buffer.from(content, 'base64')]),
    ),
  };

  it.each(Object.keys(packed))('%s: cut off, it gives an error and only right rows', async (name) => {
    const whole = (await read(packed[name], name, 1000)).rows;
    await fc.assert(
      fc.asyncProperty(fc.nat(packed[name].length - 1), async (cut) => {
        const { rows: found, failed } = await read(packed[name].subarray(0, cut), name, 1000);
        expect(failed).toBe(true);
        expect(found).toEqual(whole.slice(0, found.length));
      }),
      RUNS,
    );
  });

  it.each(Object.keys(packed))('%s: damaged, it neither crashes nor hangs', async (name) => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(packed[name]);
        for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
        await read(bytes, name, 1000);
      }),
      { ...RUNS, numRuns: 60 },
    );
  });
});

it('adapters drop what they cannot use, whatever is in a row', () => {
  const names = [
    ...[
      'instruction',
      'input',
      'output',
      'response',
      'context',
      'prompt',
      'chosen',
      'rejected',
      'question',
      'answer',
      '0',
      '1',
      '2',
    ],
    ...[
      'conversations',
      'messages',
      'data',
      'Definition',
      'Instances',
      'instances',
      'human_answers',
      'chatgpt_answers',
      'user_input',
    ],
    ...[
      'responses_and_scores',
      'completions',
      'history',
      'human_ref_A',
      'human_ref_B',
      'labels',
      'score_ratio',
      'answer_0',
      'score_0',
    ],
    ...[
      'message_tree_id',
      'parent_id',
      'message_id',
      'replies',
      'role',
      'text',
      'definition',
      'inputs',
      'targets',
      'score_chosen',
      'target',
    ],
  ];
  const marked = fc.constantFrom('\n\nHuman: q\n\nAssistant: a', 'User: q\nAssistant: a', 'Assistant:', '');
  const value = fc.oneof(
    marked,
    text,
    fc.jsonValue(),
    fc.array(
      fc.dictionary(
        fc.constantFrom('role', 'content', 'from', 'value', 'output', 'response', 'score'),
        fc.jsonValue(),
      ),
    ),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 8 }), (fields) => {
      const row = fields as Row;
      for (const adapter of ADAPTERS) {
        expect(typeof adapter.detect(row)).toBe('boolean');
        for (const kind of ['supervised', 'preference', 'prompts'] as const) {
          try {
            const rows = adapter.assemble?.([row]) ?? [row];
            for (const one of rows) expect(Array.isArray(adapter[kind]?.(one) ?? [])).toBe(true);
          } catch (error) {
            if (!(error instanceof RowDropped)) throw error;
          }
        }
      }
    }),
    { numRuns: 200 },
  );
});
