import { InvalidEvent } from '@open-chatgpt/events';
import { classifyFailure } from './failure-kind';
import { PermanentError } from './permanent-error';

const withCode = (code: string) => Object.assign(new Error(`failed: ${code}`), { code });
const marked = Object.assign(new Error('the store refuses'), { infrastructure: true });

describe('classifyFailure', () => {
  it.each<[string, unknown]>([
    ['a contract violation', new InvalidEvent('data.step', 'not a number')],
    ['a violated rule', new PermanentError('no such model')],
    [
      'a violated rule with an infrastructure cause',
      new PermanentError('the host does not exist', { cause: withCode('ENOTFOUND') }),
    ],
  ])('classifies %s as a failure of the message', (_, failure) => {
    expect(classifyFailure(failure)).toBe('message');
  });

  it.each<[string, unknown]>([
    ['a marked error', marked],
    ['an error with a marked cause', new Error('not stored', { cause: new Error('x', { cause: marked }) })],
    ['a full disk', withCode('ENOSPC')],
    ['a file without read permission', withCode('EACCES')],
    ['a server that is down', new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') })],
    [
      'a response that times out',
      new TypeError('fetch failed', { cause: withCode('UND_ERR_HEADERS_TIMEOUT') }),
    ],
  ])('classifies %s as a failure of the infrastructure', (_, failure) => {
    expect(classifyFailure(failure)).toBe('infrastructure');
  });

  const circular = new Error('a');
  circular.cause = circular;
  it.each<[string, unknown]>([
    ['a bug', new TypeError('undefined is not a function')],
    ['a missing file', withCode('ENOENT')],
    ['a mark that is not the boolean true', Object.assign(new Error('x'), { infrastructure: 'yes' })],
    ['a string', 'no'],
    ['null', null],
    ['an error that is its own cause', circular],
  ])('classifies %s as unknown', (_, failure) => {
    expect(classifyFailure(failure)).toBe('unknown');
  });
});
