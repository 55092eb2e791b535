import { describeUrl, type HttpOptions, httpGet } from '@open-chatgpt/download';
import type { Source } from './source';

/** A file at an http or https URL. The request is sent when the file is read. */
export function openHttp(spec: string, options: HttpOptions): Source {
  const url = new URL(spec);
  const name = describeUrl(url);
  return { name, files: [{ name, open: () => read(url, options) }], leftOut: [] };
}

/** Errors of `httpGet` begin with the URL; these say that it is a dataset. */
async function* read(url: URL, options: HttpOptions): AsyncGenerator<Buffer> {
  try {
    yield* httpGet(url, options);
  } catch (error) {
    throw new Error(`dataset ${(error as Error).message}`, { cause: error });
  }
}
