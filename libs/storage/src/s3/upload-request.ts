import type { Client } from 'minio';
import type { WriteCondition } from '../object-store';

export interface Upload {
  client: Client;
  bucket: string;
  name: string;
  condition: WriteCondition;
  partSize: number;
  /** Sends a request that may be done twice. */
  again: <T>(request: () => Promise<T>) => Promise<T>;
  /** Sends the request that makes the object appear, which may not where there is a condition. */
  once: <T>(request: () => Promise<T>) => Promise<T>;
}

export const unquoted = (etag: string | undefined) => (etag ?? '').replaceAll('"', '');

export function conditionHeaders({ ifNoneMatch, ifMatch }: WriteCondition): Record<string, string> {
  return {
    ...(ifNoneMatch && { 'if-none-match': ifNoneMatch }),
    ...(ifMatch && { 'if-match': `"${ifMatch}"` }),
  };
}
