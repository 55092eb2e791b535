const SURROGATE = /[\ud800-\udfff]/;

/** Whether each UTF-16 unit is a character, so that strings of JavaScript and Python have the same indices. */
export const isPlain = (text: string): boolean => !SURROGATE.test(text);

/** `list(text)` of Python: one string for each code point. */
export const codePoints = (text: string): string[] => Array.from(text);

/** `len(text)` */
export function length(text: string): number {
  if (isPlain(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Compares as Python does: by code point. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const shorter = Math.min(left.length, right.length);
  for (let i = 0; i < shorter; i++) {
    const [a, b] = [left.charCodeAt(i), right.charCodeAt(i)];
    if (a === b) continue;
    // A surrogate stands for a code point above all single units.
    const [wideA, wideB] = [a >= 0xd800 && a <= 0xdfff, b >= 0xd800 && b <= 0xdfff];
    if (wideA !== wideB) return wideA ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
}
