const SHOWN_CHARACTERS = 200;

/** The beginning of a row, for reports. Only the shown part of a long text is converted to JSON. */
export function shownRow(row: unknown): string {
  return (typeof row === 'string' ? row : asJson(row)).slice(0, SHOWN_CHARACTERS);
}

function asJson(row: unknown): string {
  const shorten = (_: string, value: unknown) =>
    typeof value === 'string' ? value.slice(0, SHOWN_CHARACTERS) : value;
  try {
    return JSON.stringify(row, shorten) ?? String(row);
  } catch (error) {
    // A row can be nested more deeply than the stack allows.
    if (!(error instanceof RangeError)) throw error;
    return Object.keys(row as object).join();
  }
}
