import { createGenerator } from '../generator';
import { OrtWorkspace } from '../ort/ort-workspace';
import { goldenModel } from '../testing/golden-model';

describe('the order of prompts', () => {
  it('serves prompts first come, first served, and gives the row of an aborted one to the next after a step', async () => {
    const model = await goldenModel('llama-gqa-tied', { maxPositionEmbeddings: 1024 });
    const generator = createGenerator(model, { batchSize: 2 });
    const options = { doSample: false, stopTokenIds: [] };
    const controller = new AbortController();
    const order: string[] = [];
    const ask = (name: string, prompt: number[], maxNewTokens: number, signal?: AbortSignal) =>
      generator.generate({
        ...options,
        prompts: [prompt],
        maxNewTokens,
        signal,
        onToken: () => {
          order.push(name);
          if (name === 'gone' && order.filter((one) => one === name).length === 3) controller.abort();
        },
      });
    const gone = ask('gone', [14, 21], 500, controller.signal);
    const others = [ask('stays', [25, 32, 39], 20), ask('next', [36, 43], 4), ask('last', [4, 11, 18], 4)];
    await expect(gone).rejects.toThrow(/abort/i);
    await Promise.all(others);
    const lastOfGone = order.lastIndexOf('gone');
    // The step of the abort may end with the token of another row; then the next prompt has its first token.
    expect(order.indexOf('next') - lastOfGone).toBeLessThanOrEqual(2);
    expect(order.indexOf('last')).toBeGreaterThan(order.indexOf('next'));
    expect(order.filter((name) => name === 'gone')).toHaveLength(3);
  });

  it('computes at most 512 tokens of prompts between two tokens of an answer', async () => {
    const model = await goldenModel('llama-gqa-tied', { maxPositionEmbeddings: 4096 });
    const generator = createGenerator(model, { batchSize: 8 });
    const options = { doSample: false, stopTokenIds: [] };
    let computed = 0;
    let most = 0;
    const prefill = OrtWorkspace.prototype.prefill;
    const spy = jest.spyOn(OrtWorkspace.prototype, 'prefill').mockImplementation(function (
      this: OrtWorkspace,
      ...call
    ) {
      computed += call[1].length * Math.max(...call[1].map(({ length }) => length));
      return prefill.apply(this, call);
    });
    const long = (length: number, seed: number) =>
      Array.from({ length }, (_, t) => 3 + ((t * t + seed * (t + 1)) % 44));
    const prompts = [
      long(1300, 1),
      long(200, 2),
      [...long(200, 2), 5],
      long(500, 3),
      long(30, 4),
      long(600, 5),
    ];
    const joined: Promise<unknown>[] = [];
    await generator.generate({
      ...options,
      prompts: [[3]],
      maxNewTokens: 40,
      onToken: () => {
        if (joined.length > 0) most = Math.max(most, computed);
        else joined.push(generator.generate({ ...options, prompts, maxNewTokens: 3 }));
        computed = 0;
      },
    });
    await Promise.all(joined);
    spy.mockRestore();
    expect(most).toBe(512);
  });
});
