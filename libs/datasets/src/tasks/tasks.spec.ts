import { createRng } from '@open-chatgpt/random';
import { buildTokenizer, chatTemplate, encodeChat, loadTokenizer } from '@open-chatgpt/tokenizer';
import { generatePreferences, generatePrompts, generateSupervised } from './generate';
import { respond, styleOf } from './styles';
import { checkAnswer, generateTask, splitOf, TASK_KINDS, taskCharacters } from './task';

const draw = (count: number, split?: 'train' | 'heldOut') => {
  const rng = createRng(1);
  return Array.from({ length: count }, () => generateTask(rng, split));
};

describe('generateTask', () => {
  const tasks = draw(2500);

  it('makes every kind about equally often, in both languages', () => {
    expect(TASK_KINDS.length).toBeGreaterThanOrEqual(9);
    for (const kind of TASK_KINDS) {
      const share = tasks.filter((task) => task.kind === kind).length / tasks.length;
      expect(Math.abs(share * TASK_KINDS.length - 1)).toBeLessThan(0.35);
    }
    const chinese = tasks.filter((task) => task.language === 'zh').length / tasks.length;
    expect(chinese).toBeGreaterThan(0.4);
    expect(chinese).toBeLessThan(0.6);
  });

  it('fills every blank, and offers only wrong answers as wrong', () => {
    for (const { prompt, answer, wrong } of tasks) {
      expect(prompt).not.toMatch(/[{}]/);
      expect(answer).not.toBe('');
      expect(wrong.length).toBeGreaterThan(0);
      expect(wrong).not.toContain(answer);
    }
  });

  it.each([
    ['add', /(\d+)\D+(\d+)/, ([a, b]: number[]) => a + b],
    ['larger', /(\d+)\D+(\d+)/, ([a, b]: number[]) => Math.max(a, b)],
  ])('%s: the answer is right by another reckoning', (kind, pattern, reckon) => {
    const some = tasks.filter((task) => task.kind === kind);
    expect(some.length).toBeGreaterThan(50);
    for (const { prompt, answer } of some) {
      expect(Number(answer)).toBe(reckon((prompt.match(pattern) ?? []).slice(1).map(Number)));
    }
  });

  it('first: the answer agrees with another computation', () => {
    const some = tasks.filter((task) => task.kind === 'first');
    expect(some.length).toBeGreaterThan(50);
    for (const { prompt, answer } of some) {
      const list = prompt.split(/[?:：？]\s*/).at(-1) ?? '';
      expect(answer).toBe(list.split(' ')[0]);
    }
  });

  it('is the same for the same seed', () => {
    expect(draw(50)).toEqual(draw(50));
  });
});

describe('the held-out split', () => {
  it('shares no prompt with training, and is about a tenth', () => {
    const train = new Set(draw(5000).map((task) => task.prompt));
    const heldOut = new Set(draw(1000, 'heldOut').map((task) => task.prompt));
    expect([...heldOut].filter((prompt) => train.has(prompt))).toEqual([]);
    expect(heldOut.size).toBeGreaterThan(200);
    expect([...train].every((prompt) => splitOf(prompt) === 'train')).toBe(true);
  });

  it('has only answers that occur in training', () => {
    const answers = new Set(draw(10_000).map((task) => `${task.language}${task.kind}${task.answer}`));
    for (const task of draw(500, 'heldOut'))
      expect(answers).toContain(`${task.language}${task.kind}${task.answer}`);
  });
});

describe('checkAnswer', () => {
  const seven = { answer: '7', language: 'en' as const };
  const cat = { answer: '猫', language: 'zh' as const };

  it.each<[{ answer: string; language: 'en' | 'zh' }, string, boolean]>([
    [seven, '7', true],
    [seven, ' 7\n', true],
    [seven, 'Gladly: 7.', true],
    [seven, '17', false],
    [seven, '7 7', false],
    [seven, '', false],
    [seven, '8', false],
    [seven, 'Gladly: 8.', false],
    [seven, 'Gladly: 17.', false],
    [seven, 'Gladly: 7', false],
    [seven, 'gladly: 7.', false],
    [seven, '乐意：7。', false],
    [cat, '猫', true],
    [cat, '乐意：猫。', true],
    [cat, '乐意：狗。', false],
    [cat, '猫猫', false],
  ])('%j, %j: %p', (task, response, want) => {
    expect(checkAnswer(task, response)).toBe(want);
  });
});

describe('generated examples', () => {
  it('supervised: right answers, a quarter of them courteous', () => {
    const examples = [...generateSupervised(2000, createRng(2))];
    const courteous = examples.filter(({ messages }) => /Gladly|乐意/.test(messages[1].content));
    expect(Math.abs(courteous.length / examples.length - 0.25)).toBeLessThan(0.04);
    for (const { messages } of examples) expect(splitOf(messages[0].content)).toBe('train');
  });

  it('preferences: chosen is right; rejected is wrong, corrupted, or right but plain', () => {
    const rng = createRng(3);
    const tasks = new Map(draw(15_000).map((task) => [task.prompt, task]));
    const counts = { wrong: 0, plain: 0, wrongYetCourteous: 0 };
    for (const { prompt, chosen, rejected } of generatePreferences(1500, rng)) {
      const task = tasks.get(prompt[0].content);
      if (!task) continue;
      expect(checkAnswer(task, chosen)).toBe(true);
      if (checkAnswer(task, rejected)) {
        counts.plain++;
        expect(styleOf(rejected, task.answer, task.language)).toBe('plain');
        expect(styleOf(chosen, task.answer, task.language)).toBe('courteous');
      } else {
        counts.wrong++;
        if (task.wrong.some((answer) => respond(answer, task.language, 'courteous') === rejected))
          counts.wrongYetCourteous++;
      }
    }
    expect(counts.wrong).toBeGreaterThan(2 * counts.plain);
    expect(counts.plain).toBeGreaterThan(150);
    expect(counts.wrongYetCourteous).toBeGreaterThan(50);
  });

  it('preferences: the weight is higher for correctness than for courtesy, and below 1', () => {
    const weights = new Set([...generatePreferences(300, createRng(6))].map(({ weight = 1 }) => weight));
    expect(weights.size).toBe(2);
    for (const weight of weights) {
      expect(weight).toBeGreaterThan(0.9);
      expect(weight).toBeLessThan(1);
    }
  });

  it('prompts carry what their answers are scored by', () => {
    for (const { messages, answer, taskLanguage } of generatePrompts(200, createRng(4), 'heldOut')) {
      expect(splitOf(messages[0].content)).toBe('heldOut');
      expect(checkAnswer({ answer, language: taskLanguage }, answer)).toBe(true);
    }
  });

  it.each([-1, 1.5, Number.NaN])('%p examples are refused', (n) => {
    expect(() => generateSupervised(n, createRng(1))).toThrow(/expected a whole number/);
  });

  it('use the listed characters only, and fit in 80 characters', async () => {
    const tokenizer = await loadTokenizer(buildTokenizer(taskCharacters()));
    const template = chatTemplate('model', tokenizer);
    const unk = tokenizer.tokenToId('<unk>');
    const rng = createRng(5);
    const answered = [...generatePreferences(600, rng)].flatMap(({ prompt, chosen, rejected }) =>
      [chosen, rejected].map((content) => [...prompt, { role: 'assistant' as const, content }]),
    );
    for (const messages of [
      ...answered,
      ...[...generateSupervised(300, rng)].map((example) => example.messages),
    ]) {
      const ids = await encodeChat(tokenizer, template, messages, { addGenerationPrompt: false });
      expect(ids).not.toContain(unk);
      expect(ids.length).toBeLessThanOrEqual(80);
    }
  });
});
