/** Deeper values would exhaust the stack of a function that walks through them. */
const MOST_LEVELS = 256;

/** Parses JSON. @throws SyntaxError, also when the value has more than 256 levels */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (opens(text) > MOST_LEVELS && !endsWithin(value, MOST_LEVELS))
    throw new SyntaxError(`more than ${MOST_LEVELS} levels of lists and objects`);
  return value;
}

/** Brackets and braces that open, or one more than the limit: few texts have so many. */
function opens(text: string): number {
  let count = 0;
  for (const open of ['{', '[']) {
    for (let at = text.indexOf(open); at !== -1 && count <= MOST_LEVELS; at = text.indexOf(open, at + 1))
      count++;
  }
  return count;
}

function endsWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((one) => endsWithin(one, levels - 1));
}
