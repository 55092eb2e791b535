const BEFORE_EXCERPT = '..."';

/**
 * Why a text is no JSON, without any of the text: it may be a file that the reader of the message must not see. The engine's own message
 * quotes some characters.
 * @param error that JSON.parse threw for the text
 */
export function jsonProblem(error: unknown, text: string): string {
  const { message } = error as Error;
  const place = placeOf(message, text);
  return `${place === null ? 'it ends too early' : `not valid ${place}`}, of ${text.length} characters`;
}

/** @returns null where the text is the beginning of a JSON text */
function placeOf(message: string, text: string): string | null {
  const position = / at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return Number(position) < text.length ? `at position ${position}` : null;
  // Unexpected token 'x', ..."excerpt"... is not valid JSON; without the first dots where the excerpt begins the text.
  if (!message.endsWith(' is not valid JSON')) return null;
  const middle = message.indexOf(`', ${BEFORE_EXCERPT}`);
  if (middle < 0) return 'near its beginning';
  const excerpt = message.slice(middle + 3 + BEFORE_EXCERPT.length, message.lastIndexOf('"'));
  return `near position ${text.indexOf(excerpt)}`;
}
