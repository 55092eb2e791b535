import { type FetchOptions, fetchSmolLM2 } from './fetch-smollm2';

type Fetch = (options: FetchOptions) => Promise<string>;

/** The built-in models, each with the function that downloads it into the cache. */
const BUILTIN: Readonly<Record<string, Fetch>> = { 'smollm2-135m-instruct': fetchSmolLM2 };

/**
 * The path of the model `builtin:<name>`. Downloads it unless it is in the cache.
 * @throws Error that lists the built-in models
 */
export async function fetchBuiltinModel(name: string, options: FetchOptions = {}): Promise<string> {
  if (Object.hasOwn(BUILTIN, name)) return BUILTIN[name](options);
  const known = Object.keys(BUILTIN).map((one) => `builtin:${one}`);
  throw new Error(`unknown built-in model "builtin:${name}"; expected ${known.join(', ')}, or a path`);
}
