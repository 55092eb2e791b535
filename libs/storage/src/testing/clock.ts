/**
 * Stops the clock that this process reads, at `time` in milliseconds since 1970, as on a machine whose clock is wrong.
 * Timers and the file system go on. `resetClock` undoes it.
 */
export function setClock(time: number): void {
  jest.useFakeTimers({
    now: time,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
}

export function resetClock(): void {
  jest.useRealTimers();
}
