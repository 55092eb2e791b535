import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Inbox, Json } from './inbox';
import { readLines, toLine } from './inbox-lines';
import { MemoryInbox } from './memory-inbox';

export interface FileInboxOptions {
  /** Events remembered; 100,000 by default. The file holds at most twice as many. */
  readonly limit?: number;
}

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * An inbox in a file that only grows: each line an event and its result, on disk (fsync) before `keep` resolves, so
 * that it survives `kill -9` and a power cut. One process at a time may have it open.
 */
export class FileInbox implements Inbox {
  private waiting: Waiting[] = [];
  private writing: Promise<void> | undefined;
  private broken: Error | undefined;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly memory: MemoryInbox,
  ) {}

  /** @throws Error naming the line when the file is damaged */
  static async open(path: string, { limit = 100_000 }: FileInboxOptions = {}): Promise<FileInbox> {
    const memory = new MemoryInbox(limit);
    await mkdir(dirname(path), { recursive: true });
    const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const { entries, bytes } = readLines(path, content);
    for (const [key, result] of entries) await memory.keep(key, result);
    if (entries.length > 2 * limit) await rewrite(path, memory);
    const file = await open(path, 'a');
    if (entries.length <= 2 * limit && bytes < content.length) await file.truncate(bytes);
    await syncFolder(dirname(path));
    return new FileInbox(path, file, memory);
  }

  find(key: string): Promise<{ result: Json } | undefined> {
    return this.memory.find(key);
  }

  async keep(key: string, result: Json): Promise<void> {
    if (this.broken) throw this.broken;
    await new Promise<void>((resolve, reject) => {
      this.waiting.push({ line: toLine(key, result), resolve, reject });
      this.writing ??= this.writeAll();
    });
    await this.memory.keep(key, result);
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
  }

  /** What comes during one fsync shares the next. */
  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const portion = this.waiting;
      this.waiting = [];
      try {
        if (this.broken) throw this.broken;
        await this.file.appendFile(portion.map(({ line }) => line).join(''));
        await this.file.datasync();
        for (const { resolve } of portion) resolve();
      } catch (error) {
        // Half a line may lie there, and another after it would be lost with it: reopening cuts it off.
        this.broken ??= new Error(
          `Cannot write ${this.path}: ${(error as Error).message}. Make room or mend the disk, then start again.`,
          { cause: error },
        );
        for (const { reject } of portion) reject(this.broken);
      }
    }
    this.writing = undefined;
  }
}

/** Puts a file with only what is remembered in place of one that has grown too long. */
async function rewrite(path: string, memory: MemoryInbox): Promise<void> {
  const partial = `${path}.partial`;
  const file = await open(partial, 'w');
  try {
    await file.writeFile([...memory.entries()].map(([key, result]) => toLine(key, result)).join(''));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
}

/** A new name is on disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
