import { codePoints, length } from './code-points';

interface WrapOptions {
  width: number;
  breakWords: boolean;
  breakHyphens: boolean;
}

/** The lines of `textwrap.wrap`: white space at their ends is dropped. */
export function wrapText(text: string, { width, breakWords, breakHyphens }: WrapOptions): string[] {
  const chunks = text
    .split(breakHyphens ? /(\s+)|(?<=[\p{L}\p{N}]{2}-)(?=[\p{L}]{2})/u : /(\s+)/u)
    .filter(Boolean);
  chunks.reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    const line: string[] = [];
    let used = 0;
    if (lines.length > 0 && isBlank(chunks.at(-1))) chunks.pop();
    while (chunks.length > 0 && used + length(chunks.at(-1) as string) <= width) {
      const chunk = chunks.pop() as string;
      line.push(chunk);
      used += length(chunk);
    }
    if (chunks.length > 0 && length(chunks.at(-1) as string) > width) {
      const room = width - used;
      const long = chunks.pop() as string;
      if (breakWords) {
        const points = codePoints(long);
        line.push(points.slice(0, room).join(''));
        // White space stays one chunk, because it is dropped as one at the start of a line.
        const size = isBlank(long) ? points.length : width;
        const last = room + Math.ceil((points.length - room) / size) * size - size;
        for (let i = last; i >= room; i -= size) chunks.push(points.slice(i, i + size).join(''));
      } else if (line.length === 0) line.push(long);
      else chunks.push(long);
    }
    if (isBlank(line.at(-1))) line.pop();
    if (line.length > 0) lines.push(line.join(''));
  }
  return lines;
}

const isBlank = (chunk: string | undefined) => chunk !== undefined && chunk.trim() === '';
