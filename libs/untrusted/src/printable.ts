/**
 * What moves the cursor, changes or clears a terminal, writes its clipboard or turns the order of the text around: the control
 * characters of ASCII and of Latin-1, and the overrides of the bidirectional algorithm. Line feeds and tabs are text.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text of others for a terminal or a log: what would steer it is shown as an escape, such as `\x1b`. */
export function printableLines(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(STEERING, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(character);
  });
}

/** As `printableLines`, on one line of at most so many characters. */
export function printable(text: string, longest = 200): string {
  const line = printableLines(text.slice(0, longest + 1).replace(/\s+/g, ' '));
  return text.length > longest || line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** JSON text in which nothing steers a terminal. It parses to the same value. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(STEERING, unicodeEscape);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
