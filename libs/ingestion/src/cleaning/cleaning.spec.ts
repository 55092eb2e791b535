import { type Example, toMessages } from '@open-chatgpt/datasets';
import type { CleaningOptions } from '@open-chatgpt/pipeline';
import { clean, cleaningRules } from './clean';
import { maskPersonalData } from './personal-data';
import { repetition } from './repetition';
import { isRejected } from './rule';

const qa = (instruction: string, output: string, input = ''): Example => ({
  messages: toMessages({ instruction, input, output }),
});
const pair = (chosen: string, rejected: string): Example => ({
  prompt: [{ role: 'user', content: 'Q?' }],
  chosen,
  rejected,
});
const outcome = (example: Example, options?: CleaningOptions) => {
  const cleaned = clean(example, cleaningRules(options));
  return isRejected(cleaned) ? cleaned.dropped : cleaned;
};
const loop = 'the cat sat on the mat and then it looked at me again and '.repeat(12);

describe('clean', () => {
  it.each<[string, Example, CleaningOptions, string]>([
    ['an empty question', qa('', 'a'), {}, 'emptyPrompt'],
    ['a blank answer', qa('q', ' \n '), {}, 'emptyOutput'],
    ['an answer of control characters', qa('q', '\u0000\u0007'), {}, 'emptyOutput'],
    ['an empty worse answer', pair('a', ''), {}, 'emptyOutput'],
    ['two equal answers', pair('a', 'a'), {}, 'identicalAnswers'],
    [
      'a later empty question',
      {
        messages: [
          ...toMessages({ instruction: 'q', output: 'a' }),
          ...toMessages({ instruction: ' ', output: 'b' }),
        ],
      },
      {},
      'emptyPrompt',
    ],
    ['no output', qa('q', '<No Output>'), {}, 'placeholderOutput'],
    ['nooutput', qa('q', 'nooutput.'), {}, 'placeholderOutput'],
    ['a placeholder', qa('q', '[Insert your answer here]'), {}, 'placeholderOutput'],
    ['nan', qa('q', 'NaN'), {}, 'placeholderOutput'],
    ['dots', qa('q', '...'), {}, 'placeholderOutput'],
    ['lorem ipsum', qa('q', 'Lorem ipsum dolor\nsit amet'), {}, 'placeholderOutput'],
    ['half a surrogate pair', qa('q', 'a\ud83d'), {}, 'invalidUnicode'],
    ['bytes that were no UTF-8', qa('q\ufffd', 'a'), {}, 'invalidUnicode'],
    ['a loop', qa('q', loop), {}, 'repetition'],
    ['a Chinese loop', qa('q', '我不知道这个问题的答案'.repeat(10)), {}, 'repetition'],
    ['one character over and over', qa('q', `No${'o'.repeat(120)}`), {}, 'repetition'],
    ['too many characters', qa('q', 'ab '.repeat(70_000)), {}, 'tooLong'],
    ['a short question', qa('q', 'answer'), { minPromptCharacters: 2 }, 'promptTooShort'],
    ['a short answer', qa('question', 'a'), { minAnswerCharacters: 2 }, 'answerTooShort'],
    [
      'control characters, where asked',
      qa('q', 'a\u0000b'),
      { controlCharacters: 'drop' },
      'controlCharacters',
    ],
    ['a refusal', qa('q', 'As an AI language model, I cannot do that.'), { refusals: true }, 'refusal'],
    ['an apology', qa('q', "I'm sorry, but I can't help with that."), { refusals: true }, 'refusal'],
    ['a Chinese refusal', qa('q', '作为一个人工智能语言模型，我没有感情。'), { refusals: true }, 'refusal'],
    ['a refusal chosen', pair('I cannot help you with this.', 'b'), { refusals: true }, 'refusal'],
    ['who made it', qa('q', 'Hi! I am ChatGPT, made by people.'), { selfReference: true }, 'selfReference'],
    ['who made it, in Chinese', qa('q', '我是由OpenAI开发的。'), { selfReference: true }, 'selfReference'],
    ['a mail address', qa('q', 'write to joe@example.org'), { personalData: 'drop' }, 'personalData'],
  ])('drops %s', (_, example, options, reason) => {
    expect(outcome(example, options)).toBe(reason);
  });

  it.each<[string, Example, CleaningOptions]>([
    ['an ordinary row', qa('Translate', '你好 😀\n\tok', 'hello'), {}],
    ['"No" and "None"', qa('Is it so?', 'None'), {}],
    ['a list', qa('q', Array.from({ length: 60 }, (_, i) => `${i}. item number ${i * 7}`).join('\n')), {}],
    ['a ruler', qa('q', `a\n${'-'.repeat(300)}\nb`), {}],
    ['a loop, where it is allowed', qa('q', loop.trim()), { maxRepetition: 1 }],
    ['a refusal, by default', qa('q', 'As an AI language model, I cannot.'), {}],
    ['a refusal that lost', pair('b', 'I cannot help you with this.'), { refusals: true }],
    ['sorry in a story', qa('q', 'He said he was sorry but he could not come.'), { refusals: true }],
    [
      'a text about OpenAI',
      qa('q', 'OpenAI released ChatGPT in 2022. I am told it is popular.'),
      { selfReference: true },
    ],
    ['a version number', qa('q', 'Use version 1.2.3 of 2021-03-04.'), { personalData: 'drop' }],
    ['a prompt without answer', { messages: [{ role: 'user', content: 'q' }] }, {}],
  ])('keeps %s untouched', (_, example, options) => {
    expect(outcome(example, options)).toBe(example);
  });

  it('corrects, and says which rule did', () => {
    const changed: string[] = [];
    const cleaned = clean(qa('q\r\nr', '\ufeffa\u0000b\u200b', '<noinput>'), cleaningRules(), (rule) =>
      changed.push(rule),
    );
    expect(cleaned).toEqual(qa('q\nr', 'ab'));
    expect(changed).toEqual(['controlCharacters', 'noInput']);
  });

  it.each(['<noinput>', '<no input>', 'noinput', '[No Input Required]', '[no_input]'])(
    'the input %p is none',
    (input) => expect(outcome(qa('q', 'a', input))).toEqual(qa('q', 'a')),
  );

  it.each(['No input', 'No input required.'])('the input %p is a text to work on', (input) => {
    expect(outcome(qa('Translate.', 'a', input))).toEqual(qa('Translate.', 'a', input));
  });

  it('leaves an input that only begins so', () => {
    const example = qa('q', 'a', 'No input voltage was measured.');
    expect(outcome(example)).toBe(example);
  });

  it('masks personal data in every text, the parts of a question as well', () => {
    const masked = outcome(qa('Mail joe@example.org', 'Call (555) 123-4567', '10.0.0.1'), {
      personalData: 'mask',
    });
    expect(masked).toEqual(qa('Mail [EMAIL]', 'Call [PHONE]', '[IP]'));
  });

  it.each([
    ['4111 1111 1111 1111', '[CARD]'],
    ['4111 1111 1111 1112', '4111 1111 1111 1112'],
    ['11010519491231002X', '[ID]'],
    ['123-45-6789', '[ID]'],
    ['手机13812345678。', '手机[PHONE]。'],
    ['+1 555 123 4567', '[PHONE]'],
    ['256.1.1.1', '256.1.1.1'],
    ['3.14159265358979', '3.14159265358979'],
  ])('masks %p as %p', (text, masked) => {
    expect(maskPersonalData(text)).toBe(masked);
  });

  it('measures repetition', () => {
    expect(repetition('one two three')).toBe(0);
    expect(repetition(loop)).toBeGreaterThan(0.8);
  });

  it.each<[CleaningOptions, RegExp]>([
    [{ maxRepetition: 2 }, /maxRepetition/],
    [{ maxCharacters: -1 }, /maxCharacters/],
    [{ refusal: true } as CleaningOptions, /refusal/],
    [{ personalData: 'hide' } as unknown as CleaningOptions, /personalData/],
  ])('refuses the options %p', (options, message) => {
    expect(() => cleaningRules(options)).toThrow(message);
  });
});
