import { mapTexts, textsOf } from './example-texts';
import { type CleaningRule, dropWhen } from './rule';

/** Personal data that has a recognizable format. Names and postal addresses have none, and are not found. */
const FORMS: readonly { mask: string; form: RegExp; holds?: (match: string) => boolean }[] = [
  // A word that no address follows is matched too, so that no search begins inside it: the time stays linear.
  {
    mask: '[EMAIL]',
    form: /[\w.+-]+(?:@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b)?/gi,
    holds: (match) => match.includes('@'),
  },
  { mask: '[CARD]', form: /(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])/g, holds: passesLuhn },
  // China's resident identity number, with its date of birth.
  {
    mask: '[ID]',
    form: /(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\d)/g,
  },
  { mask: '[ID]', form: /(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])/g },
  {
    mask: '[PHONE]',
    form: /(?<![\d.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d.])/g,
  },
  { mask: '[PHONE]', form: /(?<![\d.])(?:\+86[ -]?)?1[3-9]\d{9}(?![\d.])/g },
  {
    mask: '[IP]',
    form: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])/g,
  },
];

/** Replaces email addresses, telephone, card and identity numbers and IP addresses by the name of their type. */
export function maskPersonalData(text: string): string {
  let masked = text;
  for (const { mask, form, holds } of FORMS)
    masked = masked.replace(form, (match) => (holds && !holds(match) ? match : mask));
  return masked;
}

export const maskPersonal: CleaningRule = {
  name: 'personalData',
  apply: (example) => mapTexts(example, maskPersonalData),
};

export const dropPersonal = dropWhen('personalData', (example) =>
  textsOf(example).some((text) => maskPersonalData(text) !== text) ? 'personalData' : null,
);

/** The check digit of card numbers (ISO/IEC 7812-1). */
function passesLuhn(match: string): boolean {
  const digits = [...match.replace(/\D/g, '')].reverse().map(Number);
  const sum = digits.reduce((total, digit, index) => {
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}
