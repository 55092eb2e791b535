import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { chunksOf, verified } from '../bytes';
import { ObjectNotFoundError, PreconditionFailedError, StorageError } from '../errors';
import { checkKey, checkPrefix, RESERVED_PART } from '../key';
import { LocalFile } from '../local-file';
import type {
  ObjectBody,
  ObjectStore,
  StoredObject,
  WriteCondition,
  WriteOptions,
  WrittenObject,
} from '../object-store';
import { makeFolder, syncFile, syncFolder, writeNewFile } from './durable';
import { codeOf, fromFileError, ignoreMissing, isMissing } from './file-errors';
import { withFileLock } from './file-lock';
import { close, link, open, readWhole, rename, rmdir, stat, unlink } from './sync-file-calls';
import { walkKeys } from './walk';

const MAX_CHUNK_BYTES = 1 << 18;
/** Attempts to name a file in a folder that concurrent deletes remove whenever it is empty. */
const MAX_ATTEMPTS = 100;

/**
 * Stores objects as plain files below one folder; the key is the relative path. It writes an object to `.store/tmp`, makes it
 * durable unless it is scratch, and then names it in one step: by `rename`, for create-only by `link` (which fails if the
 * path exists), and for compare-and-swap by `rename` under a lock. Several processes of one machine may share the folder.
 */
export class FolderStore implements ObjectStore {
  readonly url: string;
  private readonly root: string;
  private readonly partial: string;
  private readonly locks: string;

  constructor(folder: string) {
    this.root = resolve(folder);
    this.url = pathToFileURL(this.root).href;
    this.partial = join(this.root, RESERVED_PART, 'tmp');
    this.locks = join(this.root, RESERVED_PART, 'locks');
  }

  async put(
    key: string,
    body: ObjectBody,
    { scratch = false, ...condition }: WriteOptions = {},
  ): Promise<WrittenObject> {
    checkKey(key);
    const guard = <T>(work: Promise<T>) => this.guard(`Writing "${key}"`, work);
    const temporary = join(this.partial, randomUUID());
    try {
      if (body instanceof LocalFile) await guard(this.copyFile(body, temporary, !scratch));
      else {
        const file = await guard(this.newFile(temporary));
        await writeNewFile(file, chunksOf(body), { guard, durable: !scratch });
      }
      const { etag, size } = (await guard(this.stat(temporary)))!;
      await guard(this.publish(temporary, key, condition));
      if (!scratch) await guard(this.syncFolderOf(key));
      return { key, size, etag };
    } finally {
      // `rename` has moved it away; after `link` or an error it is still there.
      await unlink(temporary).catch(() => undefined);
    }
  }

  async get(key: string, { sha256 }: { sha256?: string } = {}): Promise<Readable> {
    checkKey(key);
    return this.guard(`Reading "${key}"`, async () => {
      const found = await this.stat(this.pathOf(key));
      if (!found) throw new ObjectNotFoundError(key);
      const file = await open(this.pathOf(key), 'r').catch((error) => {
        throw isMissing(error) ? new ObjectNotFoundError(key) : error;
      });
      const stream = found.size <= MAX_CHUNK_BYTES ? await readSmall(file, found.size) : streamOf(file);
      return sha256 ? verified(stream, sha256, key) : stream;
    });
  }

  async head(key: string): Promise<StoredObject | null> {
    checkKey(key);
    const found = await this.guard(`Looking for "${key}"`, this.stat(this.pathOf(key)));
    return found && { key, ...found };
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    const keys = walkKeys(this.root, prefix);
    for (;;) {
      const { value: key, done } = await this.guard(`Listing "${prefix}"`, keys.next());
      if (done) return;
      const found = await this.guard(`Listing "${prefix}"`, this.stat(this.pathOf(key)));
      if (found) yield { key, ...found };
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    const path = this.pathOf(key);
    await this.guard(`Deleting "${key}"`, async () => {
      if (!(await this.stat(path))) return;
      await unlink(path).catch(ignoreMissing);
      await this.removeEmptyFolders(dirname(path));
    });
  }

  async check(): Promise<void> {
    const probe = join(this.partial, randomUUID());
    await this.guard('Checking the store', async () => {
      const file = await this.newFile(probe);
      await writeNewFile(file, chunksOf(Buffer.from('probe')), { guard: (work) => work, durable: true });
      await unlink(probe);
    });
  }

  async removePartialWrites(before: Date): Promise<number> {
    let removed = 0;
    for (const folder of [this.partial, this.locks])
      for (const name of await readdir(folder).catch(() => [])) {
        // A lock has no dot in its name. Only its owner removes it, or the next process if the owner is dead.
        if (folder === this.locks && !name.includes('.')) continue;
        const found = await this.stat(join(folder, name));
        if (!found || found.lastModified >= before) continue;
        await rm(join(folder, name), { force: true });
        if (folder === this.partial) removed++;
      }
    return removed;
  }

  private pathOf(key: string): string {
    return join(this.root, ...key.split('/'));
  }

  /** Null if the path is not a file. Every write creates a new inode, so every write changes the etag. */
  private async stat(path: string): Promise<Omit<StoredObject, 'key'> | null> {
    try {
      const found = await stat(path);
      if (!found.isFile()) return null;
      const etag = [found.ino, found.size, found.mtimeNs].map((part) => part.toString(36)).join('-');
      return { size: Number(found.size), etag, lastModified: found.mtime };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** The operating system copies the file, or shares its blocks if the file system supports that. */
  private async copyFile(file: LocalFile, path: string, durable: boolean): Promise<void> {
    await this.inPartial(() =>
      copyFile(file.path, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE),
    );
    await file.checkUnchanged();
    // The object must not inherit the file's permissions.
    await chmod(path, 0o666 & ~process.umask());
    if (durable) await syncFile(path);
  }

  private newFile(path: string): Promise<number> {
    return this.inPartial(() => open(path, 'wx'));
  }

  /** Creates a file in `.store/tmp`, and creates that folder if it does not exist yet. */
  private async inPartial<T>(create: () => Promise<T>): Promise<T> {
    try {
      return await create();
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.createPartial();
      return create();
    }
  }

  private async createPartial(): Promise<void> {
    try {
      await makeFolder(this.partial);
    } catch (error) {
      if (codeOf(error) !== 'ENOTDIR' && codeOf(error) !== 'EEXIST') throw error;
      throw new StorageError(
        `${this.root} cannot be the folder of a store, because a part of that path is a file; choose another folder.`,
        { cause: error },
      );
    }
  }

  private async publish(temporary: string, key: string, condition: WriteCondition): Promise<void> {
    const path = this.pathOf(key);
    if (condition.ifMatch === undefined) await this.name(temporary, path, key, condition);
    else {
      const lock = join(this.locks, createHash('sha256').update(key).digest('hex'));
      await withFileLock(lock, async (isHeld) => {
        if ((await this.stat(path))?.etag !== condition.ifMatch || !(await isHeld()))
          throw new PreconditionFailedError(key, condition);
        await rename(temporary, path);
      });
    }
  }

  private async syncFolderOf(key: string): Promise<void> {
    // A concurrent delete may have removed the object and its folder.
    await syncFolder(dirname(this.pathOf(key))).catch(ignoreMissing);
  }

  /** Gives the finished file its name. Its folder may be missing or disappear, because `delete` removes empty folders. */
  private async name(temporary: string, path: string, key: string, condition: WriteCondition): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await (condition.ifNoneMatch ? link(temporary, path) : rename(temporary, path));
      } catch (error) {
        if (condition.ifNoneMatch && codeOf(error) === 'EEXIST' && (await this.stat(path)))
          throw new PreconditionFailedError(key, condition);
        if (codeOf(error) !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw error;
        await makeFolder(dirname(path)).catch(ignoreMissing);
      }
    }
  }

  private async removeEmptyFolders(folder: string): Promise<void> {
    try {
      await syncFolder(folder);
      for (let empty = folder; empty !== this.root; empty = dirname(empty)) await rmdir(empty);
    } catch (error) {
      if (!isMissing(error) && codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    }
  }

  private async guard<T>(doing: string, work: Promise<T> | (() => Promise<T>)): Promise<T> {
    try {
      return await (typeof work === 'function' ? work() : work);
    } catch (error) {
      throw fromFileError(error, `${doing} in ${this.root}`);
    }
  }
}

/** Reads the whole file at once. Each version of an object is its own file, which never changes. */
async function readSmall(file: number, size: number): Promise<Readable> {
  try {
    return Readable.from([await readWhole(file, size)], { objectMode: false });
  } finally {
    await close(file);
  }
}

function streamOf(file: number): Readable {
  return createReadStream('', { fd: file, highWaterMark: MAX_CHUNK_BYTES });
}
