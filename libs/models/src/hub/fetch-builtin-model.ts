import { type FetchOptions, fetchSmolLM2 } from './fetch-smollm2';

type Fetch = (options: FetchOptions) => Promise<string>;

/** Models that are known by name, and how they come into the cache. */
const BUILTIN: Readonly<Record<string, Fetch>> = { 'smollm2-135m-instruct': fetchSmolLM2 };

/**
 * The path of the model that is meant by `builtin:<name>`, fetched where it is not in the cache.
 * @throws Error that lists the models there are
 */
export async function fetchBuiltinModel(name: string, options: FetchOptions = {}): Promise<string> {
  if (Object.hasOwn(BUILTIN, name)) return BUILTIN[name](options);
  const known = Object.keys(BUILTIN).map((one) => `builtin:${one}`);
  throw new Error(
    `there is no built-in model "builtin:${name}"; there is ${known.join(', ')}, or give a path`,
  );
}
