/**
 * Literal backslash-n made line ends, as sets have them that were escaped twice. Before a quotation mark it is left: there it is
 * program text, as in printf("…\n").
 */
export function withLineEnds(text: string): string {
  return text
    .replace(/\\n(?!["'])/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
