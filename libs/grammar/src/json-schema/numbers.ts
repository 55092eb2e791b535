import { choice, classOf, type Expression, repeat, sequence, text } from '../expression';
import { GrammarError } from '../grammar-error';

export interface Bounds {
  low: number;
  high: number;
  /** Whether the bound itself is excluded. */
  aboveLow: boolean;
  belowHigh: boolean;
}

/** Whole numbers have at most this many digits, which a double holds exactly. */
const MOST_DIGITS = 15;
const LARGEST = 10 ** MOST_DIGITS - 1;
/** Numbers below have further digits after the point; above, a double could round them over a bound. */
const LARGEST_WITH_FRACTION = 10 ** 9;
const FRACTION_DIGITS = 6;
const digit = classOf([0x30, 0x39]);

/** JSON's whole numbers within bounds. @throws GrammarError when there is none */
export function integersWithin(bounds: Bounds): Expression {
  const { low, high } = wholeBounds(bounds);
  if (low > high) throw nothingWithin(bounds);
  return wholeNumbers(low, high);
}

/** JSON's numbers within bounds, with up to six digits after the point. @throws GrammarError when there is none */
export function numbersWithin(bounds: Bounds): Expression {
  const options: Expression[] = [];
  const whole = wholeBounds(bounds);
  if (whole.low <= whole.high) options.push(wholeNumbers(whole.low, whole.high));
  options.push(...fractions(bounds));
  const { low, high, aboveLow, belowHigh } = bounds;
  const negative = fractions({ low: -high, high: -low, aboveLow: belowHigh, belowHigh: aboveLow });
  options.push(...negative.map((option) => sequence(text('-'), option)));
  if (options.length === 0) throw nothingWithin(bounds);
  return choice(...options);
}

function nothingWithin({ low, high }: Bounds): GrammarError {
  return new GrammarError(`no number lies between the bounds ${low} and ${high}`);
}

function wholeBounds({ low, high, aboveLow, belowHigh }: Bounds): { low: number; high: number } {
  const first = aboveLow && Number.isInteger(low) ? low + 1 : Math.ceil(low);
  const last = belowHigh && Number.isInteger(high) ? high - 1 : Math.floor(high);
  return { low: Math.max(first, -LARGEST), high: Math.min(last, LARGEST) };
}

function wholeNumbers(low: number, high: number): Expression {
  const options: Expression[] = [];
  if (low < 0) options.push(sequence(text('-'), naturals(Math.max(1, -high), -low)));
  if (high >= 0) options.push(naturals(Math.max(0, low), high));
  return choice(...options);
}

/** Whole numbers from 0 ≤ low to high, without leading zeros. */
function naturals(low: number, high: number): Expression {
  const options: Expression[] = [];
  for (let digits = String(low).length; digits <= String(high).length; digits++) {
    const first = Math.max(low, digits === 1 ? 0 : 10 ** (digits - 1));
    const last = Math.min(high, 10 ** digits - 1);
    options.push(digitsBetween(String(first), String(last)));
  }
  return choice(...options);
}

/** Texts of digits of one length, between two of them. */
function digitsBetween(low: string, high: string): Expression {
  if (low === '') return text('');
  if (/^0*$/.test(low) && /^9*$/.test(high)) return repeat(digit, low.length, low.length);
  const [first, last] = [Number(low[0]), Number(high[0])];
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  if (first === last) return sequence(text(low[0]), digitsBetween(lowRest, highRest));
  const options = [
    sequence(text(low[0]), digitsBetween(lowRest, '9'.repeat(lowRest.length))),
    sequence(text(high[0]), digitsBetween('0'.repeat(highRest.length), highRest)),
  ];
  if (last - first > 1)
    options.push(
      sequence(classOf([0x31 + first, 0x2f + last]), repeat(digit, lowRest.length, lowRest.length)),
    );
  return choice(...options);
}

/** Numbers from 0 with a point, within bounds. */
function fractions({ low, high, aboveLow, belowHigh }: Bounds): Expression[] {
  if (high < 0 || (high === 0 && belowHigh)) return [];
  const from = Math.max(low, 0);
  const to = Math.min(high, LARGEST_WITH_FRACTION);
  if (from > to) return [];
  const options: Expression[] = [];
  const [first, last] = [
    Math.ceil(from) + (aboveLow && from === low && Number.isInteger(low) ? 1 : 0),
    Math.floor(to) - 1,
  ];
  if (first <= last)
    options.push(sequence(naturals(first, last), text('.'), repeat(digit, 1, FRACTION_DIGITS)));
  // The whole parts of the bounds: with at most the digits that the bounds have.
  const places = Math.max(1, decimals(from), decimals(to));
  const scale = 10 ** places;
  const least = Math.round(from * scale) + (aboveLow && from === low ? 1 : 0);
  const most = Math.round(to * scale) - (belowHigh && to === high ? 1 : 0);
  for (const whole of new Set([Math.floor(least / scale), Math.floor(most / scale)])) {
    const start = Math.max(least, whole * scale) - whole * scale;
    const end = Math.min(most, (whole + 1) * scale - 1) - whole * scale;
    if (start > end || whole < 0) continue;
    for (let digits = 1; digits <= places; digits++) {
      const unit = 10 ** (places - digits);
      const [first, last] = [Math.ceil(start / unit), Math.floor(end / unit)];
      if (first > last) continue;
      const [low, high] = [first, last].map((value) => String(value).padStart(digits, '0'));
      options.push(sequence(text(`${whole}.`), digitsBetween(low, high)));
    }
  }
  return options;
}

/** Digits after the point. @throws GrammarError for more than six */
function decimals(value: number): number {
  const count = String(value).split('.')[1]?.length ?? 0;
  if (count > FRACTION_DIGITS || /e-/.test(String(value)))
    throw new GrammarError(`the bound ${value} has more than ${FRACTION_DIGITS} digits after the point`);
  return count;
}
