import { InvalidArgumentError } from 'commander';

/** Parses the value of a flag as a whole number. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected a whole number ≥ ${least}.`);
    }
    return value;
  };

interface Bounds {
  least?: number;
  above?: number;
  most?: number;
}

/** Parses the value of a flag as a number within bounds. */
export const decimal =
  ({ least, above, most }: Bounds) =>
  (text: string): number => {
    const value = Number(text);
    const inBounds =
      text.trim() !== '' &&
      Number.isFinite(value) &&
      !(least !== undefined && value < least) &&
      !(above !== undefined && value <= above) &&
      !(most !== undefined && value > most);
    if (inBounds) return value;
    const bounds = [
      ...(least === undefined ? [] : [`≥ ${least}`]),
      ...(above === undefined ? [] : [`> ${above}`]),
      ...(most === undefined ? [] : [`≤ ${most}`]),
    ];
    throw new InvalidArgumentError(`Expected a number ${bounds.join(' and ')}.`);
  };
