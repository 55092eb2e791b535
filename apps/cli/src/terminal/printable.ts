/** Untrusted text on one line, without control characters. */
export function printable(text: string, longest = 200): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are removed.
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
