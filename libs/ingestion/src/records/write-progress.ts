import { readBytes } from '@open-chatgpt/datasets';

/** The progress of a file that is written and read at the same time. */
export class WriteProgress {
  private bytes = 0;
  private ended = false;
  private failure: { error: unknown } | null = null;
  private wake: () => void = () => {};

  /** The first `bytes` bytes have been written. */
  advance(bytes: number): void {
    this.bytes = bytes;
    this.wake();
  }

  /** The file is complete, or an error ended the writing. */
  end(failure: { error: unknown } | null = null): void {
    this.ended = true;
    this.failure = failure;
    this.wake();
  }

  /** The size of the complete file; undefined while it is written. */
  get total(): number | undefined {
    return this.ended ? this.bytes : undefined;
  }

  /** Waits until more than `position` bytes, or all, have been written. For one reader. @returns their number. @throws what ended the writing */
  async waitBeyond(position: number): Promise<number> {
    while (this.bytes <= position && !this.ended)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    if (this.failure) throw this.failure.error;
    return this.bytes;
  }
}

/** The bytes of a file from `start` on, up to the end of its writing. */
export async function* readGrowing(
  path: string,
  progress: WriteProgress,
  start: number,
): AsyncGenerator<Buffer> {
  let at = start;
  for (let end = await progress.waitBeyond(at); end > at; end = await progress.waitBeyond(at)) {
    yield* readBytes(path, at, end);
    at = end;
  }
}
