import { readBytes } from '@open-chatgpt/datasets';

/** How far a file that is still being written may be read. */
export class Growth {
  private bytes = 0;
  private ended = false;
  private failure: { error: unknown } | null = null;
  private wake: () => void = () => {};

  /** The first so many bytes are written. */
  reached(bytes: number): void {
    this.bytes = bytes;
    this.wake();
  }

  /** There will be no more, as all was written or for an error. */
  end(failure: { error: unknown } | null = null): void {
    this.ended = true;
    this.failure = failure;
    this.wake();
  }

  /** All bytes that there will be, once that is known. */
  get total(): number | undefined {
    return this.ended ? this.bytes : undefined;
  }

  /** Bytes that can be read, when there are more than `position` or will be no more. For one reader. Throws what ended the writing. */
  async beyond(position: number): Promise<number> {
    while (this.bytes <= position && !this.ended)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    if (this.failure) throw this.failure.error;
    return this.bytes;
  }
}

/** The bytes of a file from `start` on, those that are yet to be written included. */
export async function* readGrowing(path: string, growth: Growth, start: number): AsyncGenerator<Buffer> {
  let at = start;
  for (let end = await growth.beyond(at); end > at; end = await growth.beyond(at)) {
    yield* readBytes(path, at, end);
    at = end;
  }
}
