import type { Language } from './lexicon';

export type AnswerStyle = 'plain' | 'courteous';

const FORMATS: Record<Language, Record<AnswerStyle, readonly [string, string]>> = {
  en: { plain: ['', ''], courteous: ['Gladly: ', '.'] },
  zh: { plain: ['', ''], courteous: ['乐意：', '。'] },
};

/** Every fixed text around an answer. */
export const STYLE_TEXT = Object.values(FORMATS)
  .flatMap((styles) => Object.values(styles).flat())
  .join('');

/** The answer as a response in that style: "7", "Gladly: 7.". */
export function respond(answer: string, language: Language, style: AnswerStyle): string {
  const [before, after] = FORMATS[language][style];
  return `${before}${answer}${after}`;
}

/** The style in which `response` is exactly `answer`, or null when it differs. */
export function styleOf(response: string, answer: string, language: Language): AnswerStyle | null {
  const styles: AnswerStyle[] = ['plain', 'courteous'];
  return styles.find((style) => respond(answer, language, style) === response.trim()) ?? null;
}
