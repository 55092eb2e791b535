import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

/**
 * The images of the product. They are built where they are not yet, which takes minutes.
 * @throws Error when that fails: in the namespaces of a test cluster no registry of packages can be reached
 */
export function builtImages(): { archive: string; tag: string } {
  const printed = build();
  const folder = printed.trim().split('\n').at(-1)!;
  const built = JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8')) as Record<
    string,
    { reference: string }
  >;
  const [{ reference }] = Object.values(built);
  return { archive: join(folder, 'images.tar'), tag: reference.slice(reference.lastIndexOf(':') + 1) };
}

function build(): string {
  try {
    return execFileSync(process.execPath, [join(root, 'tools/images/build.mjs')], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    });
  } catch (error) {
    const { stderr } = error as { stderr: string };
    throw new Error(`The images cannot be built here; run "npm run images" before.\n${stderr.slice(-2000)}`);
  }
}
