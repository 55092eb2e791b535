import type { Rng } from '@open-chatgpt/random';
import { type Draw, pick, pickSome, type TaskKind } from './kind';
import { type Language, WORDS } from './lexicon';

const list =
  (language: Language, choose: (words: string[]) => string) =>
  (rng: Rng): Draw => {
    const words = pickSome(rng, WORDS[language], 2 + rng.int(2));
    const answer = choose(words);
    return { x: words.join(' '), answer, wrong: words.filter((word) => word !== answer) };
  };

const one =
  (language: Language, change: (word: string) => string) =>
  (rng: Rng): Draw => {
    const word = pick(rng, WORDS[language]);
    const other = pick(
      rng,
      WORDS[language].filter((candidate) => candidate !== word),
    );
    return {
      x: word,
      answer: change(word),
      wrong: [change(other), ...(change(word) === word ? [] : [word])],
    };
  };

const count =
  (language: Language) =>
  (rng: Rng): Draw => {
    const words = pickSome(rng, WORDS[language], 1 + rng.int(4));
    const others = [1, 2, 3, 4].filter((n) => n !== words.length);
    return { x: words.join(' '), answer: String(words.length), wrong: others.map(String) };
  };

const same = (word: string) => word;
const upper = (word: string) => word.toUpperCase();
const first = (words: string[]) => words[0];
const last = (words: string[]) => words[words.length - 1];

/** Tasks on words as strings of characters. */
export const wordKinds: TaskKind[] = [
  {
    name: 'copy',
    language: 'en',
    wordings: ['Repeat: {x}', 'Please say {x}.', 'Copy this: {x}'],
    draw: one('en', same),
  },
  {
    name: 'copy',
    language: 'zh',
    wordings: ['重复：{x}', '请说{x}。', '请抄写：{x}'],
    draw: one('zh', same),
  },
  {
    name: 'uppercase',
    language: 'en',
    wordings: ['Uppercase: {x}', 'Write {x} in capitals.', 'Capitals please: {x}'],
    draw: one('en', upper),
  },
  {
    name: 'first',
    language: 'en',
    wordings: ['First word: {x}', 'What is the first word? {x}', 'Which word comes first: {x}'],
    draw: list('en', first),
  },
  {
    name: 'first',
    language: 'zh',
    wordings: ['第一个词：{x}', '第一个词是什么？{x}', '哪个词在最前：{x}'],
    draw: list('zh', first),
  },
  {
    name: 'last',
    language: 'en',
    wordings: ['Last word: {x}', 'What is the last word? {x}', 'Which word comes last: {x}'],
    draw: list('en', last),
  },
  {
    name: 'last',
    language: 'zh',
    wordings: ['最后一个词：{x}', '最后一个词是什么？{x}', '哪个词在最后：{x}'],
    draw: list('zh', last),
  },
  {
    name: 'count',
    language: 'en',
    wordings: ['How many words? {x}', 'Count the words: {x}', 'Number of words: {x}'],
    draw: count('en'),
  },
  {
    name: 'count',
    language: 'zh',
    wordings: ['有几个词？{x}', '数一数词：{x}', '词的个数：{x}'],
    draw: count('zh'),
  },
];
