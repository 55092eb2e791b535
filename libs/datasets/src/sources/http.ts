import { describeUrl } from './http-errors';
import { type HttpOptions, httpGet } from './http-get';
import type { Source } from './source';

/** A file at an http or https URL. Nothing is fetched before it is read. */
export function openHttp(spec: string, options: HttpOptions): Source {
  const url = new URL(spec);
  const name = describeUrl(url);
  return { name, files: [{ name, open: () => httpGet(url, options) }], leftOut: [] };
}
