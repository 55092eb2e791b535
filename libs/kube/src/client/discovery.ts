import type { ResourceType } from '../object';
import type { Caller, CallOptions } from './caller';
import { KubeError } from './kube-error';
import { groupPath } from './paths';

/** How long an answer is remembered. */
const LIVES_MS = 60_000;

/** Which kinds the server has. */
export class Discovery {
  readonly #known = new Map<string, { served: boolean; at: number }>();

  /** Whether the server has the kind; it is asked at most once a minute. */
  async serves(type: ResourceType, caller: Caller, options: CallOptions): Promise<boolean> {
    const id = `${type.apiVersion} ${type.plural}`;
    const known = this.#known.get(id);
    if (known && performance.now() - known.at < LIVES_MS) return known.served;
    const served = await ask(type, caller, options);
    this.#known.set(id, { served, at: performance.now() });
    return served;
  }
}

async function ask(type: ResourceType, caller: Caller, options: CallOptions): Promise<boolean> {
  try {
    const { resources = [] } = await caller.json<{ resources?: { name: string }[] }>({
      ...options,
      verb: 'get',
      method: 'GET',
      type: { ...type, plural: 'discovery' },
      path: groupPath(type.apiVersion),
      about: type.apiVersion,
      repeatable: true,
    });
    return resources.some(({ name }) => name === type.plural);
  } catch (error) {
    if (KubeError.is(error, 'NotFound', 'KindNotFound')) return false;
    throw error;
  }
}
