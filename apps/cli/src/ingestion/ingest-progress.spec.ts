import { Writable } from 'node:stream';
import { barDisplay, createPace } from './ingest-progress';

it('the pace is rows and bytes a second and the time that is left', () => {
  let now = 0;
  const pace = createPace(() => now);
  const progress = {
    stage: 'records' as const,
    rows: 0,
    kept: 0,
    rowsPerSecond: 0,
    bytes: 0,
    totalBytes: 60e6,
  };
  expect(pace(progress)).toContain('– left');
  now = 2000;
  expect(pace({ ...progress, rows: 4000, kept: 3000, rowsPerSecond: 2000, bytes: 20e6 })).toBe(
    '4,000 rows, 3,000 kept  2,000 rows/s  10.0 MB/s  0:04 left',
  );
  expect(pace({ ...progress, totalBytes: undefined, bytes: 20e6 })).toContain('– left');
});

it('a closed bar writes nothing more, so that the lines after it can be read', () => {
  let written = '';
  const stream = new Writable({
    write(chunk, _, done) {
      written += chunk;
      done();
    },
  });
  const display = barDisplay(Object.assign(stream, { isTTY: true, columns: 120 }));
  const progress = {
    stage: 'records' as const,
    rows: 1,
    kept: 1,
    rowsPerSecond: 1,
    bytes: 1000,
    totalBytes: 9000,
  };
  display.show(progress);
  display.close();
  expect(written).toContain('reading');
  const before = written;
  display.show({ ...progress, stage: 'shards' });
  display.close();
  expect(written).toBe(before);
});
