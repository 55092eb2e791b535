import { createPace } from './ingest-progress';

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
