import type { ObjectMeta } from '../object';

/** Values under which an object is found. */
export type IndexFunction<C> = (object: C) => string[];

export interface Entry<C> {
  object: C;
  uid?: string;
  resourceVersion?: string;
}

/** Objects by key, and by the values of indexes. */
export class Cache<C> {
  readonly #entries = new Map<string, Entry<C>>();
  readonly #indexes = new Map<string, { of: IndexFunction<C>; keys: Map<string, Set<string>> }>();

  constructor(indexes: Record<string, IndexFunction<C>>) {
    for (const [name, of] of Object.entries(indexes)) this.#indexes.set(name, { of, keys: new Map() });
  }

  get size(): number {
    return this.#entries.size;
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  entry(key: string): Entry<C> | undefined {
    return this.#entries.get(key);
  }

  objects(namespace?: string): C[] {
    const objects: C[] = [];
    for (const [key, { object }] of this.#entries)
      if (namespace === undefined || key.startsWith(`${namespace}/`)) objects.push(object);
    return objects;
  }

  byIndex(index: string, value: string): C[] {
    const { keys } = this.#index(index);
    return [...(keys.get(value) ?? [])].map((key) => this.#entries.get(key)!.object);
  }

  set(key: string, entry: Entry<C>): void {
    this.delete(key);
    this.#entries.set(key, entry);
    for (const { of, keys } of this.#indexes.values())
      for (const value of of(entry.object)) {
        const found = keys.get(value);
        if (found) found.add(key);
        else keys.set(value, new Set([key]));
      }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    for (const { of, keys } of this.#indexes.values())
      for (const value of of(entry.object)) {
        const found = keys.get(value);
        found?.delete(key);
        if (found?.size === 0) keys.delete(value);
      }
  }

  #index(name: string) {
    const index = this.#indexes.get(name);
    if (!index)
      throw new Error(
        `No index "${name}", only ${[...this.#indexes.keys()].join(', ') || 'none'}: name it in "indexes"`,
      );
    return index;
  }
}

/** Index: the uids of all owners. */
export function byOwnerUid({ metadata }: { metadata: ObjectMeta }): string[] {
  return (metadata.ownerReferences ?? []).map(({ uid }) => uid);
}

/** Index: the value of a label. */
export function byLabel(label: string): IndexFunction<{ metadata: ObjectMeta }> {
  return ({ metadata }) => {
    const value = metadata.labels?.[label];
    return value === undefined ? [] : [value];
  };
}

/** Makes an object and all that it contains immutable: what the cache returns is shared by all who ask. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
