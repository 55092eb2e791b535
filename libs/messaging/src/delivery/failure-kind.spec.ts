import { InvalidEvent } from '@open-chatgpt/events';
import { classifyFailure } from './failure-kind';
import { PermanentError } from './permanent-error';

const withCode = (code: string) => Object.assign(new Error(`failed: ${code}`), { code });
const marked = Object.assign(new Error('the store refuses'), { infrastructure: true });

describe('whose fault a failure is', () => {
  it.each<[string, unknown]>([
    ['a broken contract', new InvalidEvent('data.step', 'not a number')],
    ['a broken rule', new PermanentError('no such model')],
    [
      'a broken rule, whatever led to it',
      new PermanentError('nobody there', { cause: withCode('ENOTFOUND') }),
    ],
  ])("%s is the message's", (_, failure) => {
    expect(classifyFailure(failure)).toBe('message');
  });

  it.each<[string, unknown]>([
    ['an error that says so', marked],
    [
      'one that was caused by such a one',
      new Error('not stored', { cause: new Error('x', { cause: marked }) }),
    ],
    ['a full disk', withCode('ENOSPC')],
    ['a file that may not be read', withCode('EACCES')],
    ['a server that is not there', new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') })],
    [
      'an answer that does not come',
      new TypeError('fetch failed', { cause: withCode('UND_ERR_HEADERS_TIMEOUT') }),
    ],
  ])("%s is the infrastructure's", (_, failure) => {
    expect(classifyFailure(failure)).toBe('infrastructure');
  });

  const circular = new Error('a');
  circular.cause = circular;
  it.each<[string, unknown]>([
    ['a bug', new TypeError('undefined is not a function')],
    ['a missing file', withCode('ENOENT')],
    ['a mark that is not true', Object.assign(new Error('x'), { infrastructure: 'yes' })],
    ['a text', 'no'],
    ['null', null],
    ['an error that is its own cause', circular],
  ])('of %s nobody knows', (_, failure) => {
    expect(classifyFailure(failure)).toBe('unknown');
  });
});
