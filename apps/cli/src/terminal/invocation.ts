import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(__dirname, '..', '..', '..', '..');

/** The command that runs this program from the working folder, for messages. */
export function invocation(): string {
  const here = relative(process.cwd(), join(root, 'apps', 'cli', 'bin', 'openchat.js'));
  const linked = !here.startsWith('..') && existsSync(join(root, 'node_modules', '.bin', 'openchat'));
  return linked ? 'npx openchat' : `node ${here}`;
}

/** A path for messages: relative if it is below the working folder, quoted if the shell needs it. */
export function shownPath(path: string): string {
  const here = relative(process.cwd(), path) || '.';
  const short = here.startsWith('..') ? path : here;
  return /^[\w./:@+-]+$/.test(short) ? short : `'${short.replaceAll("'", "'\\''")}'`;
}

/** A file of the examples/ folder. */
export function examplePath(name: string): string {
  return join(root, 'examples', name);
}
