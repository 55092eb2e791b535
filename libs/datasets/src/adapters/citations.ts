const MARKS = /\s?\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]/g;

/**
 * Removes reference marks such as "[1]" and "[2, 3]". "[sic]", "[1990]" and marks above `sources`, the number of sources, stay.
 */
export function withoutCitations(text: string, sources = 999): string {
  return text.replace(MARKS, (mark, numbers: string) => {
    const all = numbers.split(/[,;]/).map(Number);
    return all.every((number) => number >= 1 && number <= sources) ? '' : mark;
  });
}
