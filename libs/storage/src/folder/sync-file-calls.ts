import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

/**
 * File system calls that take microseconds, made synchronously and not on libuv's thread pool. Waking a pool thread takes a
 * core from training, which costs more time than the call itself. They return promises, so that errors become rejections.
 */
const synchronous =
  <A extends unknown[], R>(call: (...args: A) => R) =>
  async (...args: A): Promise<R> =>
    call(...args);

export const close = synchronous(closeSync);
export const link = synchronous(linkSync);
/** `mkdir -p`; resolves with the topmost folder that it created. */
export const makePath = synchronous((path: string) => mkdirSync(path, { recursive: true }));
export const open = synchronous((path: string, flags: string) => openSync(path, flags));
/** Reads a small file from its beginning; resolves with fewer than `size` bytes if the file is shorter. */
export const readWhole = synchronous((file: number, size: number) => {
  const bytes = Buffer.alloc(size);
  let read = 0;
  for (let more = -1; read < size && more !== 0; read += more)
    more = readSync(file, bytes, read, size - read, null);
  return bytes.subarray(0, read);
});
export const readText = synchronous((path: string) => readFileSync(path, 'utf8'));
export const rename = synchronous(renameSync);
export const rmdir = synchronous((path: string) => rmdirSync(path));
export const stat = synchronous((path: string) => statSync(path, { bigint: true }));
export const unlink = synchronous(unlinkSync);
/** For small files. @param flag `wx` fails if the path exists */
export const writeText = synchronous((path: string, text: string, flag: 'w' | 'wx' = 'w') =>
  writeFileSync(path, text, { flag }),
);
/** For a few megabytes at most. */
export const write = synchronous((file: number, bytes: Uint8Array) => {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
});
