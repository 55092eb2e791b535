/** Untrusted text with its line ends and tabs; other control characters as escapes, such as \\x1b. */
export function printableLines(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are escaped.
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, '0');
    return `\\x${code}`;
  });
}

/** Untrusted text on one line, without control characters. */
export function printable(text: string, longest = 200): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are removed.
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
