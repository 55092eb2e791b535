import type { Rng } from '@open-chatgpt/random';
import { type Draw, pick, type TaskKind } from './kind';
import { type Language, OPPOSITES, TRANSLATIONS, WEEKDAYS } from './lexicon';

const opposite =
  (language: Language) =>
  (rng: Rng): Draw => {
    const pair = pick(rng, OPPOSITES[language]);
    const side = rng.int(2);
    const other = pick(
      rng,
      OPPOSITES[language].filter((candidate) => candidate !== pair),
    );
    return { x: pair[side], answer: pair[1 - side], wrong: [pair[side], other[rng.int(2)]] };
  };

const translate =
  (from: 0 | 1) =>
  (rng: Rng): Draw => {
    const pair = pick(rng, TRANSLATIONS);
    const other = pick(
      rng,
      TRANSLATIONS.filter((candidate) => candidate !== pair),
    );
    return { x: pair[from], answer: pair[1 - from], wrong: [other[1 - from], pair[from]] };
  };

const weekday =
  (language: Language) =>
  (rng: Rng): Draw => {
    const days = WEEKDAYS[language];
    const today = rng.int(7);
    return {
      x: days[today],
      answer: days[(today + 1) % 7],
      wrong: [0, 2, 6].map((step) => days[(today + step) % 7]),
    };
  };

/** Tasks that need a fact. */
export const knowledgeKinds: TaskKind[] = [
  {
    name: 'opposite',
    language: 'en',
    wordings: ['Opposite of {x}?', 'What is the opposite of {x}?'],
    draw: opposite('en'),
  },
  {
    name: 'opposite',
    language: 'zh',
    wordings: ['{x}的反义词？', '{x}的反义词是什么？'],
    draw: opposite('zh'),
  },
  {
    name: 'translate',
    language: 'en',
    wordings: ['Chinese for {x}?', 'Say {x} in Chinese.'],
    draw: translate(0),
  },
  {
    name: 'translate',
    language: 'zh',
    wordings: ['{x}的英文？', '{x}用英文怎么说？'],
    draw: translate(1),
  },
  {
    name: 'weekday',
    language: 'en',
    wordings: ['What day comes after {x}?', 'The day after {x}?'],
    draw: weekday('en'),
  },
  {
    name: 'weekday',
    language: 'zh',
    wordings: ['{x}的后一天是？', '今天是{x}，明天是？'],
    draw: weekday('zh'),
  },
];
