import { httpGet } from './http-get';
import type { HttpOptions } from './http-options';
import type { HubAddress } from './hub-address';
import { hubError, offlineError } from './hub-errors';
import type { HubRepository } from './hub-repository';

/** The bytes at a path of the hub. @throws Error saying what is wrong with the repository, and what to do */
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
