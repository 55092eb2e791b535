export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Rounded to so many significant digits. */
export function round(value, digits = 4) {
  return Number(value.toPrecision(digits));
}
