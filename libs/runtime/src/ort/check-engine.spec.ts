import { checkEngine } from './environment';

describe('the variables of the engine', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  it.each([
    ['OPEN_CHATGPT_THREADS', 'two', /^OPEN_CHATGPT_THREADS must be a whole number ≥ 1, got "two"$/],
    ['OPEN_CHATGPT_THREADS', '1.5', /^OPEN_CHATGPT_THREADS must be a whole number/],
    ['OPEN_CHATGPT_THREADS', '100000', /^OPEN_CHATGPT_THREADS must be at most \d+/],
    ['OPEN_CHATGPT_DEVICE', 'gpu', /^OPEN_CHATGPT_DEVICE is "gpu", expected cpu/],
  ])('%s=%s ends a start', (name, value, message) => {
    process.env[name] = value;
    expect(checkEngine).toThrow(message);
  });

  it('may be absent', () => {
    delete process.env.OPEN_CHATGPT_THREADS;
    delete process.env.OPEN_CHATGPT_DEVICE;
    expect(checkEngine).not.toThrow();
  });
});
