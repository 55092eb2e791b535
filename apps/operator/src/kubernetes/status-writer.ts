import { isDeepStrictEqual } from 'node:util';
import { type KubeClient, KubeError, type KubeObject, type ResourceType } from '@open-chatgpt/kube';
import { FIELD_MANAGER } from './names';

/** Least time between two writes that change only the progress of an object. */
const PROGRESS_MS = 5000;

/** Least time between two such writes of any object, on average. */
const SPACING_MS = 100;

interface Written {
  status: object;
  at: number;
}

/**
 * Writes statuses by server-side apply, and only when they say something new. Progress changes with every step of a run; it
 * is written at a bounded rate, so that a thousand runs do not flood the API server.
 */
export class StatusWriter<T extends KubeObject & { status?: object }> {
  /** What was written last, by uid: the cache may be older. */
  private readonly written = new Map<string, Written>();

  /** @param progress fields that may wait */
  constructor(
    private readonly client: KubeClient,
    private readonly type: ResourceType<T>,
    private readonly progress: readonly string[] = [],
  ) {}

  /** @returns the milliseconds after which the status must be written again, or undefined when it is in the API server */
  async write(object: T, next: object): Promise<number | undefined> {
    const { name, namespace, uid } = object.metadata as { name: string; namespace: string; uid: string };
    const status = JSON.parse(JSON.stringify(next)) as object;
    const last = this.written.get(uid);
    const before = last?.status ?? object.status ?? {};
    if (isDeepStrictEqual(before, status)) return undefined;
    const wait = last ? last.at + this.interval() - Date.now() : 0;
    if (wait > 0 && isDeepStrictEqual(this.withoutProgress(before), this.withoutProgress(status)))
      return wait;
    try {
      await this.client.apply(
        this.type,
        {
          apiVersion: this.type.apiVersion,
          kind: this.type.kind,
          metadata: { name, namespace, uid },
          status,
        } as never,
        { fieldManager: FIELD_MANAGER, force: true, subresource: 'status' },
      );
    } catch (error) {
      // Deleted in the meantime, or made again with another uid.
      if (KubeError.is(error, 'NotFound', 'Conflict')) {
        this.forget(uid);
        return undefined;
      }
      throw error;
    }
    this.written.set(uid, { status, at: Date.now() });
    return undefined;
  }

  private interval(): number {
    return Math.max(PROGRESS_MS, SPACING_MS * this.written.size);
  }

  /** The object has ended, or is gone. */
  forget(uid: string): void {
    this.written.delete(uid);
  }

  private withoutProgress(status: object): object {
    return Object.fromEntries(Object.entries(status).filter(([field]) => !this.progress.includes(field)));
  }
}
