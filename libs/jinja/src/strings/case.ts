/** How many times as long as reading a character its test takes. */
export const TESTED = 10;

const CASED = /\p{Cased}/u;
const DIGRAPHS: Readonly<Record<string, string>> = { Ǆ: 'ǅ', Ǉ: 'ǈ', Ǌ: 'ǋ', Ǳ: 'ǲ' };

/** The title case of one character: ß becomes Ss, ǆ becomes ǅ. */
function titleCharacter(character: string): string {
  const upper = character.toUpperCase();
  if (Object.hasOwn(DIGRAPHS, upper)) return DIGRAPHS[upper];
  const [first, ...rest] = upper;
  return first + rest.join('').toLowerCase();
}

/** `str.capitalize` */
export function capitalize(text: string): string {
  if (text === '') return '';
  const first = String.fromCodePoint(text.codePointAt(0) as number);
  return titleCharacter(first) + text.slice(first.length).toLowerCase();
}

/** `str.title`: each run of letters starts with a capital, also after an apostrophe. */
export const title = (text: string): string => text.replace(/\p{Cased}+/gu, capitalize);

/** `str.swapcase` */
export const swapCase = (text: string): string =>
  Array.from(text, (character) =>
    character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase(),
  ).join('');

/** `str.casefold` */
export const caseFold = (text: string): string =>
  Array.from(text, (character) => character.toLowerCase().toUpperCase().toLowerCase()).join('');

/** `str.isupper` or `str.islower`, by what changes the case of no letter. */
export const hasOnlyCase = (text: string, map: 'toUpperCase' | 'toLowerCase'): boolean =>
  CASED.test(text) &&
  Array.from(text).every((character) => !CASED.test(character) || character[map]() === character);

/** `str.istitle` */
export function isTitle(text: string): boolean {
  let previous = false;
  let any = false;
  for (const character of text) {
    const cased = CASED.test(character);
    if (cased) {
      any = true;
      const isUpper = character.toLowerCase() !== character;
      if (isUpper === previous) return false;
    }
    previous = cased;
  }
  return any;
}
