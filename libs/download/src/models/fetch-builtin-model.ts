import { cachedSmolLM2, type FetchOptions, fetchSmolLM2, SMOLLM2_SAMPLING } from './fetch-smollm2';

interface BuiltinModel {
  /** Downloads it into the cache, unless it is there. */
  fetch: (options: FetchOptions) => Promise<string>;
  /** Its path in the cache; null where it is not there. */
  cached: () => Promise<string | null>;
  sampling: Readonly<Record<string, unknown>>;
}

const BUILTIN: Readonly<Record<string, BuiltinModel>> = {
  'smollm2-135m-instruct': { fetch: fetchSmolLM2, cached: cachedSmolLM2, sampling: SMOLLM2_SAMPLING },
};

/**
 * The path of the model `builtin:<name>`. Downloads it unless it is in the cache.
 * @throws Error that lists the built-in models
 */
export async function fetchBuiltinModel(name: string, options: FetchOptions = {}): Promise<string> {
  return builtinModel(name).fetch(options);
}

/**
 * The path of the model `builtin:<name>` where it is in the cache, else null. Downloads nothing.
 * @throws Error that lists the built-in models
 */
export async function cachedBuiltinModel(name: string): Promise<string | null> {
  return builtinModel(name).cached();
}

/**
 * How the publisher of the model `builtin:<name>` samples from it, by the names of generation_config.json.
 * @throws Error that lists the built-in models
 */
export function builtinSampling(name: string): Readonly<Record<string, unknown>> {
  return builtinModel(name).sampling;
}

function builtinModel(name: string): BuiltinModel {
  if (Object.hasOwn(BUILTIN, name)) return BUILTIN[name];
  const known = Object.keys(BUILTIN).map((one) => `builtin:${one}`);
  throw new Error(`unknown built-in model "builtin:${name}"; expected ${known.join(', ')}, or a path`);
}
