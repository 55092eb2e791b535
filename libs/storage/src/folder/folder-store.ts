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

const MOST_CHUNK_BYTES = 1 << 18;
/** To name a file in a folder that others remove whenever it is empty. */
const MOST_ATTEMPTS = 100;

/**
 * Objects as plain files below one folder, a key being the path. An object is written under `.store/tmp`, forced to the
 * disk unless it is scratch, and then named in one step: by `rename`, by `link` (which fails where something is) for
 * create-only, and by `rename` under a lock for compare-and-swap. Many processes of one machine may share the folder.
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
      if (body instanceof LocalFile) await guard(this.copyOf(body, temporary, !scratch));
      else {
        const file = await guard(this.newFile(temporary));
        await writeNewFile(file, chunksOf(body), { guard, durable: !scratch });
      }
      const { etag, size } = (await guard(this.stat(temporary)))!;
      await guard(this.publish(temporary, key, condition));
      if (!scratch) await guard(this.syncFolderOf(key));
      return { key, size, etag };
    } finally {
      // Where it is still there under this name.
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
      const stream = found.size <= MOST_CHUNK_BYTES ? await readSmall(file, found.size) : streamOf(file);
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
        // A lock itself has no dot in its name: its owner, or who finds that one dead, removes it.
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

  /** Of a file; null where there is none. Every write makes a new inode, so that the etag changes with each. */
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

  /** The system copies, or shares the bytes where the disk can. */
  private async copyOf(file: LocalFile, path: string, durable: boolean): Promise<void> {
    await this.inPartial(() =>
      copyFile(file.path, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE),
    );
    await file.checkUnchanged();
    // Who may read the file is not who may read the object.
    await chmod(path, 0o666 & ~process.umask());
    if (durable) await syncFile(path);
  }

  private newFile(path: string): Promise<number> {
    return this.inPartial(() => open(path, 'wx'));
  }

  /** Makes a file below `.store/tmp`, and that where it is missing: it seldom is. */
  private async inPartial<T>(make: () => Promise<T>): Promise<T> {
    try {
      return await make();
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.makeRoom();
      return make();
    }
  }

  private async makeRoom(): Promise<void> {
    try {
      await makeFolder(this.partial);
    } catch (error) {
      if (codeOf(error) !== 'ENOTDIR' && codeOf(error) !== 'EEXIST') throw error;
      throw new StorageError(
        `${this.root} cannot be a folder of objects, for a part of that path is a file; choose another folder.`,
        { cause: error },
      );
    }
  }

  private async publish(temporary: string, key: string, condition: WriteCondition): Promise<void> {
    const path = this.pathOf(key);
    if (condition.ifMatch === undefined) await this.name(temporary, path, key, condition);
    else {
      const lock = join(this.locks, createHash('sha256').update(key).digest('hex'));
      await withFileLock(lock, async () => {
        if ((await this.stat(path))?.etag !== condition.ifMatch)
          throw new PreconditionFailedError(key, condition);
        await rename(temporary, path);
      });
    }
  }

  private async syncFolderOf(key: string): Promise<void> {
    // Somebody may have deleted the object since, and its folder with it.
    await syncFolder(dirname(this.pathOf(key))).catch(ignoreMissing);
  }

  /** Gives the finished file its name. Its folder may not be there, or vanish under us: `delete` removes empty ones. */
  private async name(temporary: string, path: string, key: string, condition: WriteCondition): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await (condition.ifNoneMatch ? link(temporary, path) : rename(temporary, path));
      } catch (error) {
        if (condition.ifNoneMatch && codeOf(error) === 'EEXIST' && (await this.stat(path)))
          throw new PreconditionFailedError(key, condition);
        if (codeOf(error) !== 'ENOENT' || attempt === MOST_ATTEMPTS) throw error;
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

/** The whole of it at once: each version of an object is a file of its own, which does not change. */
async function readSmall(file: number, size: number): Promise<Readable> {
  try {
    return Readable.from([await readWhole(file, size)], { objectMode: false });
  } finally {
    await close(file);
  }
}

function streamOf(file: number): Readable {
  return createReadStream('', { fd: file, highWaterMark: MOST_CHUNK_BYTES });
}
