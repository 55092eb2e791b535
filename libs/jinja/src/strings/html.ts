const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '>': '&gt;',
  '<': '&lt;',
  "'": '&#39;',
  '"': '&#34;',
};
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\xa0',
};

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>'"]/g, (character) => ENTITIES[character]);

/** The text of HTML: without tags and comments, white space as single blanks. */
export function stripTags(html: string): string {
  const text = without(without(html, '<!--', '-->'), '<', '>')
    .trim()
    .split(/\s+/)
    .join(' ');
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w+));/g, (all, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(NAMED, name) ? NAMED[name] : all;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}

/** `urllib.parse.quote`; `plus` writes blanks as "+" and keeps no slash, as in a query. */
export function quoteUrl(text: string, plus: boolean): string {
  const quoted = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return plus ? quoted.replaceAll('%20', '+') : quoted.replaceAll('%2F', '/');
}

/** Drops what lies between two marks. A regular expression would need quadratic time for marks without end. */
function without(text: string, open: string, close: string): string {
  const kept: string[] = [];
  let position = 0;
  for (;;) {
    const start = text.indexOf(open, position);
    const end = start < 0 ? -1 : text.indexOf(close, start + open.length);
    if (end < 0) break;
    kept.push(text.slice(position, start));
    position = end + close.length;
  }
  return kept.join('') + text.slice(position);
}
