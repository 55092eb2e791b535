import { httpGet } from '../http/http-get';
import type { HttpOptions } from '../http/http-options';
import type { HubAddress } from './hub-address';
import { hubError, offlineError } from './hub-errors';
import type { HubRepository } from './hub-repository';

/** Streams the bytes at a path of the hub. @throws Error with the cause and the remedy */
export async function* hubGet(
  path: string,
  repository: HubRepository,
  hub: HubAddress,
  options: HttpOptions,
): AsyncGenerator<Buffer> {
  if (hub.offline) throw offlineError('HF_HUB_OFFLINE=1 is set', repository, hub);
  try {
    yield* httpGet(new URL(path, hub.base), { ...options, headers: hub.headers });
  } catch (error) {
    throw hubError(error as Error, repository, hub);
  }
}
