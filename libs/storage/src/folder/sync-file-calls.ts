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
 * Calls of the file system that take microseconds, made at once and not by the threads of libuv: each of their awakenings
 * takes a core from training, and costs it more time than the call.
 */
const atOnce =
  <A extends unknown[], R>(call: (...args: A) => R) =>
  async (...args: A): Promise<R> =>
    call(...args);

export const close = atOnce(closeSync);
export const link = atOnce(linkSync);
/** `mkdir -p`; gives the topmost folder that it made. */
export const makePath = atOnce((path: string) => mkdirSync(path, { recursive: true }));
export const open = atOnce((path: string, flags: string) => openSync(path, flags));
/** The bytes of a small file from its beginning; fewer than `size` where it is shorter. */
export const readWhole = atOnce((file: number, size: number) => {
  const bytes = Buffer.alloc(size);
  let read = 0;
  for (let more = -1; read < size && more !== 0; read += more)
    more = readSync(file, bytes, read, size - read, null);
  return bytes.subarray(0, read);
});
export const readText = atOnce((path: string) => readFileSync(path, 'utf8'));
export const rename = atOnce(renameSync);
export const rmdir = atOnce((path: string) => rmdirSync(path));
export const stat = atOnce((path: string) => statSync(path, { bigint: true }));
export const unlink = atOnce(unlinkSync);
/** For small files. @param flag `wx`: fails where something is */
export const writeText = atOnce((path: string, text: string, flag: 'w' | 'wx' = 'w') =>
  writeFileSync(path, text, { flag }),
);
/** For a few megabytes at most. */
export const write = atOnce((file: number, bytes: Uint8Array) => {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
});
