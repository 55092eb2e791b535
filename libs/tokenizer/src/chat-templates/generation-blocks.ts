/** A part of a text, as UTF-16 offsets. */
export interface TextSpan {
  start: number;
  end: number;
}

/** Escaped messages contain the first character only before a number, so no message contains these texts. */
const OPEN = '\uE000<\uE001';
const CLOSE = '\uE000>\uE001';
const TAG = /\{%([-+]?)\s*(end)?generation\s*([-+]?)%\}/g;

/**
 * A template that prints marks where the `{% generation %}` blocks of the given template begin and end; null when it has none. Such
 * blocks show Hugging Face's `return_assistant_tokens_mask` what is trained on. The control of blanks around the tags is kept.
 */
export function markGenerationBlocks(template: string): string | null {
  const marked = template.replace(
    TAG,
    (_, before: string, end: string | undefined, after: string) =>
      `{%${before} if true %}{{ '${end ? CLOSE : OPEN}' }}{% endif ${after}%}`,
  );
  return marked === template ? null : marked;
}

/** The text of a marked rendering without the marks, and the blocks in it. */
export function readGenerationBlocks(marked: string): { text: string; blocks: TextSpan[] } {
  const blocks: TextSpan[] = [];
  let text = '';
  for (const piece of marked.split(/(\uE000[<>]\uE001)/)) {
    if (piece === OPEN) blocks.push({ start: text.length, end: text.length });
    else if (piece === CLOSE) blocks[blocks.length - 1].end = text.length;
    else text += piece;
  }
  return { text, blocks };
}
