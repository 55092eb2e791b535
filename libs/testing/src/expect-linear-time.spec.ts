import { expectLinearTime } from './expect-linear-time';

it('accepts work that grows as its size', async () => {
  await expectLinearTime((size) => 'a'.repeat(size * 20).replace(/b/g, ''));
});

it('refuses work that grows as the square of its size', async () => {
  await expect(
    expectLinearTime((size) => / +$/.exec(`${' '.repeat(size)}.`), { size: 10_000 }),
  ).rejects.toThrow(/for the size 40000, .* more than linear/);
});
