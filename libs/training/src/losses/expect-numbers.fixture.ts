import type { Numbers } from './numbers';

/** Expects equal numbers within half a unit of the given digit. */
export function expectNumbers(actual: Numbers, expected: Numbers, digits = 7): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i], digits);
}
