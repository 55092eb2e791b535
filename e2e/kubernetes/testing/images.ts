import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

/** The images of the product, which are built where they are not yet: minutes. */
export function builtImages(): { archive: string; tag: string } {
  const printed = execFileSync(process.execPath, [join(root, 'tools/images/build.mjs')], {
    encoding: 'utf8',
  });
  const folder = printed.trim().split('\n').at(-1)!;
  const built = JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8')) as Record<
    string,
    { reference: string }
  >;
  const [{ reference }] = Object.values(built);
  return { archive: join(folder, 'images.tar'), tag: reference.slice(reference.lastIndexOf(':') + 1) };
}
