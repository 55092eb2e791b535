import { mapTexts, textsOf } from './example-texts';
import { type CleaningRule, dropWhen } from './rule';

/** C0 and C1 controls but tab and newline, the byte order mark and the zero-width space. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B\uFEFF]/;
const ALL_CONTROLS = new RegExp(CONTROLS, 'g');
/** A surrogate without its other half, or the mark that a decoder leaves where bytes were no UTF-8. */
const INVALID = /[\p{Surrogate}\uFFFD]/u;

export const removeControlCharacters: CleaningRule = {
  name: 'controlCharacters',
  apply: (example) =>
    mapTexts(example, (text) =>
      CONTROLS.test(text) ? text.replace(/\r\n?/g, '\n').replace(ALL_CONTROLS, '').trim() : text,
    ),
};

/** A carriage return before a newline is no reason to drop a row. */
export const dropControlCharacters = dropWhen('controlCharacters', (example) =>
  textsOf(example).some((text) => CONTROLS.test(text) && CONTROLS.test(text.replace(/\r\n/g, '\n')))
    ? 'controlCharacters'
    : null,
);

export const dropInvalidUnicode = dropWhen('invalidUnicode', (example) =>
  textsOf(example).some((text) => INVALID.test(text)) ? 'invalidUnicode' : null,
);
