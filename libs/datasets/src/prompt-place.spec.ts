import { promptPlace } from './prompt-place';

const pair = (prompt: string, chosen: string) => ({
  prompt: [{ role: 'user' as const, content: prompt }],
  chosen,
  rejected: 'no',
});

describe('promptPlace', () => {
  const places = Array.from({ length: 2000 }, (_, i) => promptPlace(pair(`p${i}`, 'a'), 7));

  it('is uniform in [0, 1)', () => {
    for (const [index, count] of [0, 1, 2, 3, 4].map((part) => [
      part,
      places.filter((place) => place >= part / 5 && place < (part + 1) / 5).length,
    ])) {
      expect([index, Math.abs(count - 400) < 60]).toEqual([index, true]);
    }
  });

  it('depends on the seed and on the messages before the first answer, and on nothing else', () => {
    expect(promptPlace(pair('p3', 'another answer'), 7)).toBe(places[3]);
    expect(promptPlace(pair('p3', 'a'), 8)).not.toBe(places[3]);
    const conversation = (answer: string) => ({
      messages: [
        { role: 'user' as const, content: 'p3' },
        { role: 'assistant' as const, content: answer },
        { role: 'user' as const, content: 'and then?' },
      ],
    });
    expect(promptPlace(conversation('one'), 7)).toBe(places[3]);
    expect(promptPlace(conversation('two'), 7)).toBe(places[3]);
  });
});
