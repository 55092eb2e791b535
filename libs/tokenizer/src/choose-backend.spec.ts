import { buildTokenizer } from './build-tokenizer';
import { chooseBackend } from './choose-backend';

jest.mock('tokenizers', () => {
  throw new Error('Cannot find native binding');
});

describe('when the native library does not load', () => {
  it('the pure one replaces it, with one warning', async () => {
    const warn = jest.fn();
    const { kind, open } = chooseBackend('', warn);
    chooseBackend('', warn);
    expect(kind).toBe('pure');
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(/no native library for .*OPEN_CHATGPT_TOKENIZER=pure/);
    const backend = open(buildTokenizer('ab').tokenizerJson);
    expect(await backend.encode('ab', false)).toEqual([7, 8]);
  });

  it('requesting the native one fails with the cause', () => {
    expect(() => chooseBackend('native')).toThrow(/does not load on .*Cannot find native binding.*Unset/);
  });

  it('requesting the pure one is silent', () => {
    const warn = jest.fn();
    expect(chooseBackend('pure', warn).kind).toBe('pure');
    expect(warn).not.toHaveBeenCalled();
  });
});
