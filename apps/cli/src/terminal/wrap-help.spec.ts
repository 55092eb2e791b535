import { execFileSync } from 'node:child_process';
import { wrapHelp } from './wrap-help';

describe('wrapHelp', () => {
  it.each([
    ['short lines stay', 'one two\n  three', 'one two\n  three'],
    ['prose', 'one two three four five', 'one two three\n  four five'],
    ['an indented setting', '  name: what it is for', '  name: what it\n    is for'],
    ['a long word', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaaaaaaa'],
    ['an example', '  $ run a --bb 1 --cc 2', '  $ run a \\\n      --bb 1 \\\n      --cc 2'],
    ['quotes', "  $ set 'a b c d e f g' h", "  $ set \\\n      'a b c d e f g' \\\n      h"],
  ])('%s', (_, text, wrapped) => expect(wrapHelp(text, 15)).toBe(wrapped));

  it('leaves an example that a shell reads as before', () => {
    const command = `printf '%s|' --prompt "a  b c" --set 'x={r: 8, y: [z]}' last`;
    const wrapped = wrapHelp(`  $ ${command}`, 30);
    expect(wrapped.split('\n').length).toBeGreaterThan(2);
    const run = (script: string) => execFileSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(run(wrapped.replace('  $ ', ''))).toBe(run(command));
  });
});
