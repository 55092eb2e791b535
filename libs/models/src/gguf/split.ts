import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorInfo } from '../weights/weight-source';
import { type GgufFile, openGgufPart } from './gguf-file';
import type { GgufMetadata } from './metadata';

/** Names of the parts of a split model in llama.cpp (`llama_split_path`). */
const PART_NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;
const MAX_PARTS = 99_999;

/**
 * Opens a GGUF file. A part of a split model opens all its parts, which lie in one folder, whichever part is named: the first
 * one has the metadata. The caller closes the file.
 *
 * @throws ModelFileError when a file is missing, damaged, or belongs to another model
 */
export async function openGgufFile(path: string): Promise<GgufFile> {
  const file = await openGgufPart(path);
  try {
    const count = partCount(file.metadata);
    if (count <= 1) return file;
    const paths = partPaths(path, file.metadata.number('split.no') ?? 0, count);
    await file.close();
    return await openParts(paths, path);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function partCount(metadata: GgufMetadata): number {
  const count = metadata.number('split.count') ?? 0;
  if (!Number.isInteger(count) || count < 0 || count > MAX_PARTS)
    throw new ModelFileError(
      metadata.where,
      `metadata "split.count" is ${count}; expected at most ${MAX_PARTS}`,
    );
  return count;
}

/** @param no of the part at `path`, from 0 */
function partPaths(path: string, no: number, count: number): string[] {
  const number = (value: number) => String(value).padStart(5, '0');
  const ending = (part: number) => `-${number(part + 1)}-of-${number(count)}.gguf`;
  const name = basename(path);
  const match = PART_NAME.exec(name);
  if (!match || !name.endsWith(ending(no)))
    throw new ModelFileError(
      path,
      `is part ${no + 1} of ${count} of a split model, whose parts are found by their names; give it the name that ends in ` +
        `"${ending(no)}"`,
    );
  const paths = Array.from({ length: count }, (_, part) => join(dirname(path), match[1] + ending(part)));
  const missing = paths.filter((part) => !existsSync(part)).map((part) => basename(part));
  if (missing.length > 0)
    throw new ModelFileError(
      path,
      `is part ${no + 1} of ${count} of a split model; missing beside it: ${missing.slice(0, 5).join(', ')}` +
        `${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}. Download all parts into one folder`,
    );
  return paths;
}

async function openParts(paths: readonly string[], where: string): Promise<GgufFile> {
  const parts: GgufFile[] = [];
  const close = async () => {
    await Promise.all(parts.map((part) => part.close()));
  };
  try {
    for (const path of paths) parts.push(await openGgufPart(path));
    const { metadata } = parts[0];
    const tensors = collect(parts);
    parts.forEach((part, no) => {
      checkPart(part.metadata, no, paths.length);
    });
    const total = metadata.number('split.tensors.count');
    if (total !== undefined && total !== tensors.size)
      throw new ModelFileError(
        paths[0],
        `the ${paths.length} parts hold ${tensors.size} tensors, metadata "split.tensors.count" says ${total}; download them again`,
      );
    const infos = [...tensors.values()].map(({ info }) => info);
    const partOf = (name: string) => {
      const found = tensors.get(name);
      if (!found) throw new ModelFileError(where, `there is no tensor "${name}"`);
      return found.part;
    };
    return {
      metadata,
      tensors: () => infos,
      read: async (name, target) => partOf(name).read(name, target),
      readPart: async (name, target, from) => partOf(name).readPart(name, target, from),
      readBlocks: async (name) => partOf(name).readBlocks(name),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function collect(parts: readonly GgufFile[]): Map<string, { info: TensorInfo; part: GgufFile }> {
  const tensors = new Map<string, { info: TensorInfo; part: GgufFile }>();
  for (const part of parts)
    for (const info of part.tensors()) {
      const other = tensors.get(info.name);
      if (other)
        throw new ModelFileError(
          part.metadata.where,
          `tensor "${info.name}" is also in ${basename(other.part.metadata.where)}; the parts belong to different models`,
        );
      tensors.set(info.name, { info, part });
    }
  return tensors;
}

function checkPart(metadata: GgufMetadata, no: number, count: number): void {
  const [foundNo, foundCount] = [metadata.number('split.no'), metadata.number('split.count')];
  if (foundNo === no && foundCount === count) return;
  throw new ModelFileError(
    metadata.where,
    `says that it is part ${(foundNo ?? 0) + 1} of ${foundCount ?? 1}, its name says ${no + 1} of ${count}; download it again`,
  );
}
