/** `repr(float)`: the digits of JavaScript, in the layout of Python. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [digits, exponent] = shortestDigits(Math.abs(value));
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${fraction}e${exponentText(exponent)}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** At least two digits, with a sign. */
export const exponentText = (exponent: number): string =>
  `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;

function shortestDigits(value: number): [digits: string, exponent: number] {
  const [mantissa, exponent] = value.toExponential().split('e');
  return [mantissa.replace('.', ''), Number(exponent)];
}

/** `value` with `digits` decimals. Python rounds an exact half to the even digit, `toFixed` away from zero. */
export function fixed(value: number, digits: number): string {
  const places = Math.min(digits, 100);
  if (Math.abs(value) >= 1e21) return BigInt(value).toString() + (digits > 0 ? `.${'0'.repeat(digits)}` : '');
  const text = value.toFixed(places);
  const exact = Math.abs(value).toFixed(Math.min(100, places + 60));
  const point = exact.indexOf('.');
  const rest = exact.slice(point + 1 + places);
  const padded = text + '0'.repeat(digits - places);
  if (!/^50*$/.test(rest) || exact.length > 100 + point) return padded;
  // An exact half: keep the truncated digits where the last one is even.
  const kept = exact.slice(0, places === 0 ? point : point + 1 + places);
  const isEven = Number(kept.at(-1)) % 2 === 0;
  return isEven ? `${value < 0 ? '-' : ''}${kept}` : padded;
}

/** `round(value, digits)` of Python. */
export function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value;
  if (digits >= 0) return digits > 100 ? value : Number(fixed(value, digits));
  const unit = 10 ** -digits;
  return Number(fixed(value / unit, 0)) * unit;
}
