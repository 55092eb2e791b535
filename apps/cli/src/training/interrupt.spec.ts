import { listenForInterrupt } from './interrupt';

describe('listenForInterrupt', () => {
  const print = jest.fn();
  let exit: jest.SpyInstance;
  let training = true;

  beforeEach(() => {
    training = true;
    print.mockClear();
    exit = jest.spyOn(process, 'exit').mockImplementation((() => {}) as never);
    jest.useFakeTimers();
  });
  afterEach(() => {
    exit.mockRestore();
    jest.useRealTimers();
  });

  const listen = () => listenForInterrupt(() => training, print);

  it.each(['SIGINT', 'SIGTERM'] as const)('asks to stop at the first %s', (name) => {
    const interrupt = listen();
    process.emit(name);
    expect(interrupt.signal.aborted).toBe(true);
    expect(print.mock.calls).toEqual([
      [expect.stringMatching(/saving a checkpoint; press Ctrl-C again to stop immediately/)],
    ]);
    expect(exit).not.toHaveBeenCalled();
    interrupt.release();
  });

  it('ends immediately at the second', () => {
    const interrupt = listen();
    process.emit('SIGINT');
    jest.advanceTimersByTime(1000);
    process.emit('SIGINT');
    expect(exit.mock.calls).toEqual([[130]]);
    interrupt.release();
  });

  it('takes a signal that comes twice for one', () => {
    const interrupt = listen();
    process.emit('SIGINT');
    jest.advanceTimersByTime(10);
    process.emit('SIGINT');
    expect(exit).not.toHaveBeenCalled();
    interrupt.release();
  });

  it('ends immediately while there is nothing to save', () => {
    training = false;
    const interrupt = listen();
    process.emit('SIGINT');
    expect(exit.mock.calls).toEqual([[130]]);
    interrupt.release();
  });

  it('leaves signals alone after its release', () => {
    const before = process.listenerCount('SIGINT');
    listen().release();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
