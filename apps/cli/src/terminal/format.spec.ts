import { formatBytes, formatCount, formatDuration, formatNumber, formatShare } from './format';
import { formatTable } from './table';

describe('format', () => {
  it.each([
    [12345.6, '12,346'],
    [123.456, '123.5'],
    [0.98765, '0.988'],
    [3, '3'],
    [0, '0'],
    [-0.25, '-0.250'],
    [0.00012, '1.2e-4'],
    [Number.NaN, 'NaN'],
  ])('number %p', (value, text) => expect(formatNumber(value)).toBe(text));

  it.each([
    [0, '0:00'],
    [59.6, '1:00'],
    [3725, '1:02:05'],
    [-3, '0:00'],
  ])('duration %p', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it.each([
    [512, '512 B'],
    [1536, '1.5 KiB'],
    [98_362_432, '93.8 MiB'],
  ])('bytes %p', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [9_999, '9999'],
    [16_608, '17K'],
    [134_515_008, '134.5M'],
    [6_738_415_616, '6.74B'],
  ])('count %p', (count, text) => expect(formatCount(count)).toBe(text));

  it('shares and tables, with wide characters', () => {
    expect(formatShare(0.9234)).toBe('92.3 %');
    expect(
      formatTable([
        ['猫', 'a'],
        ['cat', 'bc'],
      ]),
    ).toBe('猫   a\ncat  bc');
  });
});
