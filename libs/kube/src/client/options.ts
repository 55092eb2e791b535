import type { KubeObject } from '../object';
import type { CallOptions } from './caller';
import type { Selection } from './paths';

export interface ListOptions extends Selection, CallOptions {
  /** Objects that the server sends at once. Default 500; 0 for all. */
  pageSize?: number;
}

export interface Page<T> {
  items: T[];
  /** Where a watch that follows the list begins. */
  resourceVersion: string;
}

export interface WriteOptions extends CallOptions {
  subresource?: string;
  fieldManager?: string;
  /** The server checks the write, and does not store it. */
  dryRun?: boolean;
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Takes over fields that another manager owns; without it they are a Conflict. Default false. */
  force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** What happens to the object's children. Default Background: they are deleted after it. */
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** A Conflict unless the object is still this one. */
  preconditions?: { uid?: string; resourceVersion?: string };
  gracePeriodSeconds?: number;
}

export interface WatchOptions extends Selection {
  resourceVersion: string;
  signal?: AbortSignal;
  /** The server ends the watch after this time. */
  timeoutSeconds: number;
  /** The watch fails when nothing comes, not even a bookmark, for this time. */
  silentAfterMs: number;
}

/** The parts of an object that one writer owns, for server-side apply. */
export type Applied<T> = KubeObject & DeepPartial<T>;
type DeepPartial<T> = T extends (infer E)[]
  ? DeepPartial<E>[]
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> }
    : T;
