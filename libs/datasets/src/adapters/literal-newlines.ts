/**
 * Converts a literal backslash-n, as in datasets that were escaped twice, to a line end. Before a quotation mark it stays: there it is
 * program text, such as printf("…\n").
 */
export function withLineEnds(text: string): string {
  return text
    .replace(/\\n(?!["'])/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
