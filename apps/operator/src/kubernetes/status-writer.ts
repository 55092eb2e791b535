import { isDeepStrictEqual } from 'node:util';
import { type KubeClient, KubeError, type KubeObject, keyOf, type ResourceType } from '@open-chatgpt/kube';
import { FIELD_MANAGER } from './names';

/** Least time between two writes that change only the progress of an object. */
const PROGRESS_MS = 5000;

/** Least time between two such writes of any object, on average. */
const SPACING_MS = 100;

interface Written<T> {
  uid: string;
  at: number;
  /** What was applied. */
  status: object;
  /** The version that the API server made of it. */
  version: string;
  /** The object after the write, until the cache has it. */
  object?: T;
}

/**
 * Writes statuses by server-side apply, and only when they say something new. Progress changes with every step of a run; it
 * is written at a bounded rate, so that a thousand runs do not flood the API server.
 */
export class StatusWriter<T extends KubeObject & { status?: object }> {
  private readonly written = new Map<string, Written<T>>();

  /** @param withoutProgress the status without what may wait */
  constructor(
    private readonly client: KubeClient,
    private readonly type: ResourceType<T>,
    private readonly withoutProgress: (status: object) => object,
  ) {}

  /**
   * The cached object, or what our last write made of it while the cache is older. A status is derived from the one before,
   * so an older one would lose what was counted in the meantime.
   */
  latest(cached: T): T {
    const last = this.lastOf(cached);
    if (!last?.object) return cached;
    if (isOlder(cached, last.object)) return last.object;
    last.object = undefined;
    return cached;
  }

  /**
   * @param object from `latest`
   * @returns the milliseconds after which the status must be written again, or undefined when it is in the API server
   */
  async write(object: T, next: object): Promise<number | undefined> {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const status = JSON.parse(JSON.stringify(next)) as object;
    const last = this.lastOf(object);
    // What others have added to the status, and the order of lists, is not ours to correct.
    const known = [object.status ?? {}, ...(last?.version === resourceVersion ? [last!.status] : [])];
    if (known.some((one) => isDeepStrictEqual(one, status))) return undefined;
    const wait = last ? last.at + this.interval() - Date.now() : 0;
    const essence = this.withoutProgress(status);
    if (wait > 0 && known.some((one) => isDeepStrictEqual(this.withoutProgress(one), essence))) return wait;
    try {
      const { apiVersion, kind } = this.type;
      const result = await this.client.apply(
        this.type,
        { apiVersion, kind, metadata: { name, namespace, uid }, status } as never,
        { fieldManager: FIELD_MANAGER, force: true, subresource: 'status' },
      );
      delete result.metadata.managedFields;
      this.written.set(keyOf(object), {
        uid: uid!,
        at: Date.now(),
        status,
        version: result.metadata.resourceVersion!,
        object: result,
      });
    } catch (error) {
      // Deleted in the meantime, or made again with another uid.
      if (!KubeError.is(error, 'NotFound', 'Conflict')) throw error;
      this.forget(keyOf(object));
    }
    return undefined;
  }

  /** The object has ended, or is gone. */
  forget(key: string): void {
    this.written.delete(key);
  }

  private lastOf(object: T): Written<T> | undefined {
    const last = this.written.get(keyOf(object));
    return last?.uid === object.metadata.uid ? last : undefined;
  }

  private interval(): number {
    return Math.max(PROGRESS_MS, SPACING_MS * this.written.size);
  }
}

/** Resource versions of one kind are numbers that grow (KEP-5504). */
function isOlder(a: KubeObject, b: KubeObject): boolean {
  return BigInt(a.metadata.resourceVersion ?? 0) < BigInt(b.metadata.resourceVersion ?? 0);
}

/** A status without some of its fields. */
export const without =
  (...fields: string[]) =>
  (status: object): object =>
    Object.fromEntries(Object.entries(status).filter(([name]) => !fields.includes(name)));
