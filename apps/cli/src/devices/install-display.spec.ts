import { createPace } from './install-display';

it('derives rate and remaining time, without the bytes that were there before', () => {
  let now = 0;
  const pace = createPace(() => now);
  const at = (doneBytes: number) =>
    pace({ phase: 'download', fileName: 'a_package-1.0-py3-none-any.whl', doneBytes, totalBytes: 100 << 20 });
  expect(at(50 << 20)).toBe('50.0 MiB of 100.0 MiB  0 B/s  – left  a_package');
  now = 10_000;
  expect(at(60 << 20)).toBe('60.0 MiB of 100.0 MiB  1.0 MiB/s  0:40 left  a_package');
});
