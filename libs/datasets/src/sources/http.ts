import { describeUrl, type HttpOptions, httpGet } from '@open-chatgpt/download';
import type { Source } from './source';

/** A file at an http or https URL. Nothing is fetched before it is read. */
export function openHttp(spec: string, options: HttpOptions): Source {
  const url = new URL(spec);
  const name = describeUrl(url);
  return { name, files: [{ name, open: () => read(url, options) }], leftOut: [] };
}

/** Errors begin with the URL: here it is a dataset. */
async function* read(url: URL, options: HttpOptions): AsyncGenerator<Buffer> {
  try {
    yield* httpGet(url, options);
  } catch (error) {
    throw new Error(`dataset ${(error as Error).message}`, { cause: error });
  }
}
