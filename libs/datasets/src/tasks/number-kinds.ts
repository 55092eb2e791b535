import type { Rng } from '@open-chatgpt/random';
import type { Draw, TaskKind } from './kind';
import { type Language, NUMERALS } from './lexicon';

/** Sums of two numbers up to 6. */
function add(rng: Rng): Draw {
  const [a, b] = [rng.int(7), rng.int(7)];
  const near = [-2, -1, 1, 2, 10].map((step) => a + b + step).filter((n) => n >= 0);
  return { x: String(a), y: String(b), answer: String(a + b), wrong: near.map(String) };
}

function larger(rng: Rng): Draw {
  const a = rng.int(10);
  const b = (a + 1 + rng.int(9)) % 10;
  return { x: String(a), y: String(b), answer: String(Math.max(a, b)), wrong: [String(Math.min(a, b))] };
}

const digit =
  (language: Language) =>
  (rng: Rng): Draw => {
    const value = rng.int(10);
    const other = (value + 1 + rng.int(9)) % 10;
    return { x: NUMERALS[language][value], answer: String(value), wrong: [String(other)] };
  };

/** Tasks on small numbers. */
export const numberKinds: TaskKind[] = [
  {
    name: 'add',
    language: 'en',
    wordings: ['{x} + {y} = ?', 'What is {x} plus {y}?'],
    draw: add,
  },
  {
    name: 'add',
    language: 'zh',
    wordings: ['{x}加{y}等于几？', '{x}加{y}是多少？'],
    draw: add,
  },
  {
    name: 'larger',
    language: 'en',
    wordings: ['Which is larger, {x} or {y}?', 'The larger of {x} and {y}?'],
    draw: larger,
  },
  {
    name: 'larger',
    language: 'zh',
    wordings: ['{x}和{y}哪个大？', '哪个数更大：{x}，{y}'],
    draw: larger,
  },
  {
    name: 'digit',
    language: 'en',
    wordings: ['Write {x} as a digit.', 'Digit for {x}?'],
    draw: digit('en'),
  },
  {
    name: 'digit',
    language: 'zh',
    wordings: ['{x}写成数字是？', '把{x}写成数字'],
    draw: digit('zh'),
  },
];
