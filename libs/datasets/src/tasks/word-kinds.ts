import type { Rng } from '@open-chatgpt/random';
import { type Draw, pickSome, type TaskKind } from './kind';
import { type Language, LETTERS, WORDS } from './lexicon';

const first =
  (language: Language) =>
  (rng: Rng): Draw => {
    const letters = pickSome(rng, LETTERS[language], 3);
    const [answer, ...wrong] = letters;
    return { x: letters.join(' '), answer, wrong };
  };

const uppercase = (rng: Rng): Draw => {
  const letters = pickSome(rng, LETTERS.en, 2);
  const x = letters.join('');
  return { x, answer: x.toUpperCase(), wrong: [x, letters.toReversed().join('').toUpperCase()] };
};

const copy =
  (language: Language) =>
  (rng: Rng): Draw => {
    const [word, other] = pickSome(rng, WORDS[language], 2);
    return { x: word, answer: word, wrong: [other] };
  };

/** Tasks on words as strings of characters. */
export const wordKinds: TaskKind[] = [
  {
    name: 'copy',
    language: 'en',
    wordings: ['Repeat: {x}', 'Please say {x}.'],
    draw: copy('en'),
  },
  {
    name: 'copy',
    language: 'zh',
    wordings: ['重复：{x}', '请说{x}。'],
    draw: copy('zh'),
  },
  {
    name: 'uppercase',
    language: 'en',
    wordings: ['Uppercase: {x}', 'Write {x} in capitals.'],
    draw: uppercase,
  },
  {
    name: 'first',
    language: 'en',
    wordings: ['First letter: {x}', 'What is the first letter? {x}'],
    draw: first('en'),
  },
  {
    name: 'first',
    language: 'zh',
    wordings: ['第一个字：{x}', '第一个字是什么？{x}'],
    draw: first('zh'),
  },
];
