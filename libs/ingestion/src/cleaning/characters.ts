import { mapTexts, textsOf } from './example-texts';
import { type CleaningRule, dropWhen } from './rule';

/** C0 and C1 controls except tab and newline, the byte order mark and the zero-width space. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds control characters
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B\uFEFF]/;
// Linear time: one character at a time.
const ALL_CONTROLS = new RegExp(CONTROLS, 'g');
/** A lone surrogate, or the replacement character that a decoder writes for invalid UTF-8. */
const INVALID = /[\p{Surrogate}\uFFFD]/u;

export const removeControlCharacters: CleaningRule = {
  name: 'controlCharacters',
  apply: (example) =>
    mapTexts(example, (text) =>
      CONTROLS.test(text) ? text.replace(/\r\n?/g, '\n').replace(ALL_CONTROLS, '') : text,
    ),
};

/** A carriage return before a newline is allowed. */
export const dropControlCharacters = dropWhen('controlCharacters', (example) =>
  textsOf(example).some((text) => CONTROLS.test(text) && CONTROLS.test(text.replace(/\r\n/g, '\n')))
    ? 'controlCharacters'
    : null,
);

export const dropInvalidUnicode = dropWhen('invalidUnicode', (example) =>
  textsOf(example).some((text) => INVALID.test(text)) ? 'invalidUnicode' : null,
);
