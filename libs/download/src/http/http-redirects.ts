import type { IncomingMessage } from 'node:http';
import { describeUrl, HttpStatusError } from './http-errors';
import type { HttpOptions } from './http-options';
import { request } from './http-request';

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Follows redirects and returns the final response with its URL. Each URL passes the same checks as the first. */
export async function follow(
  first: URL,
  options: HttpOptions,
): Promise<{ response: IncomingMessage; url: URL }> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const headers = { ...(url.origin === first.origin && options.headers) };
    if (options.offset) headers['range'] = `bytes=${options.offset}-`;
    const response = await request(url, headers, options);
    const { statusCode: status = 0 } = response;
    if (status === 200 || (status === 206 && options.offset)) return { response, url };
    response.destroy();
    const name = describeUrl(url);
    const { location } = response.headers;
    if (!REDIRECTS.has(status) || location === undefined)
      throw new HttpStatusError(`${name}: the server answered ${status} ${response.statusMessage}.`, status);
    const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
    if (!next) throw new Error(`${name}: redirects to something that is not a URL.`);
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw new Error(`${name}: redirects from https to ${next.protocol}//; not followed.`);
    url = next;
  }
  throw new Error(`${describeUrl(first)}: more than ${MAX_REDIRECTS} redirects.`);
}
