import { isForeign } from './is-foreign';

describe('isForeign', () => {
  const host = 'api.example:3000';
  it.each<[Record<string, string>, boolean]>([
    [{}, false],
    [{ 'sec-fetch-site': 'same-origin' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-site': 'same-site' }, true],
    [{ 'sec-fetch-site': 'cross-site' }, true],
    [{ origin: 'http://api.example:3000' }, false],
    [{ origin: 'http://API.example:3000', host: 'Api.Example:3000' }, false],
    [{ origin: 'https://api.example', host: 'api.example' }, false],
    [{ origin: 'http://api.example:8080' }, true],
    [{ origin: 'http://evil.example:3000' }, true],
    [{ origin: 'null' }, true],
    [{ origin: '' }, true],
    // Behind a proxy that changes Host, the browser knows better.
    [{ origin: 'https://public.example', 'sec-fetch-site': 'same-origin' }, false],
    [{ origin: 'http://api.example:3000', 'sec-fetch-site': 'cross-site' }, true],
  ])('%j: %s', (headers, expected) => {
    expect(isForeign({ headers: { host, ...headers } })).toBe(expected);
  });
});
