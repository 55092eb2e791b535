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

  it('gives the next row to the lowest priority, then to the first one, and fails an aborted prompt that waits', async () => {
    const model = await goldenModel('llama-gqa-tied', { maxPositionEmbeddings: 1024 });
    const generator = createGenerator(model, { batchSize: 1 });
    const order: string[] = [];
    const events: string[] = [];
    const stop = new AbortController();
    const late = new AbortController();
    const ask = (name: string, priority?: number, signal?: AbortSignal) =>
      generator.generate({
        doSample: false,
        stopTokenIds: [],
        prompts: [[14, 21, 3 + order.length]],
        maxNewTokens: name === 'running' ? 900 : 2,
        priority,
        signal,
        onToken: async () => {
          if (order.at(-1) !== name) order.push(name);
          if (name !== 'running') return;
          events.push('token');
          if (events.length === 3) late.abort();
          // The prompt that was aborted waits behind others, and the row that runs does not end.
          if (events.filter((event) => event === 'token').length === 8) stop.abort();
        },
      });
    const running = ask('running', -9, stop.signal);
    const waiting = [ask('low', 7), ask('second'), ask('third', 0), ask('first', -3)];
    const aborted = ask('late', 9, late.signal).catch(() => events.push('late'));
    await expect(running).rejects.toThrow(/abort/i);
    await Promise.all([...waiting, aborted]);
    expect(order).toEqual(['running', 'first', 'second', 'third', 'low']);
    expect(events.indexOf('late')).toBeGreaterThanOrEqual(3);
    expect(events.indexOf('late')).toBeLessThanOrEqual(5);
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
