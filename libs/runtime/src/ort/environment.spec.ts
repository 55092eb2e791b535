describe('environment', () => {
  let module: typeof import('./environment');
  const before = process.env.OPEN_CHATGPT_THREADS;

  beforeEach(() => {
    jest.resetModules();
    module = require('./environment');
  });

  afterEach(() => {
    if (before === undefined) delete process.env.OPEN_CHATGPT_THREADS;
    else process.env.OPEN_CHATGPT_THREADS = before;
  });

  it('is created once', () => {
    expect(module.environment()).toBe(module.environment());
  });

  it('takes the number of threads from the environment variable', () => {
    process.env.OPEN_CHATGPT_THREADS = '1';
    expect(module.environment().threads).toBe(1);
  });

  it.each(['0', 'two', '1.5', '-1'])('refuses OPEN_CHATGPT_THREADS=%s', (text) => {
    process.env.OPEN_CHATGPT_THREADS = text;
    expect(() => module.environment()).toThrow(
      `OPEN_CHATGPT_THREADS must be a whole number ≥ 1, got "${text}"`,
    );
  });

  it('prefers setThreads, which fails after the runtime has started', () => {
    process.env.OPEN_CHATGPT_THREADS = '2';
    module.setThreads(1);
    expect(module.environment().threads).toBe(1);
    expect(() => module.setThreads(1)).not.toThrow();
    expect(() => module.setThreads(2)).toThrow(
      'the runtime already runs with 1 threads; set 2 before its first use',
    );
  });

  it('refuses more threads than the cores can serve', () => {
    expect(() => module.setThreads(100_000)).toThrow(
      /^threads must be at most \d+, 4 for each of the \d+ cores of this machine, got 100000$/,
    );
    process.env.OPEN_CHATGPT_THREADS = '100000';
    expect(() => module.environment()).toThrow(/^OPEN_CHATGPT_THREADS must be at most/);
  });

  it.each([0, 1.5, Number.NaN])('setThreads refuses %d', (threads) => {
    expect(() => module.setThreads(threads)).toThrow(`threads must be a whole number ≥ 1, got ${threads}`);
  });
});
