/**
 * Puts together what differs between the images: the compiled projects of each app, and its list of components.
 *
 * node services.mjs NEEDS PACKAGES SYSTEM VARIANT OUT
 *   in the compiled workspace. NEEDS is written by imports.mjs, PACKAGES by packages.mjs. SYSTEM is the folder of dpkg in the
 *   image that the services run in. VARIANT is cpu or cuda. OUT gets <app>/app/.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { componentsOf } from './components.mjs';
import { setTimes } from './set-times.mjs';
import { shippedFiles } from './shipped-files.mjs';

const [needsFile, packagesFile, system, variant, out] = process.argv.slice(2);
const [needs, packages] = [needsFile, packagesFile].map((file) => JSON.parse(readFileSync(file, 'utf8')));

const wheels = variant === 'cuda' ? pluginWheels() : [];

for (const [app, { projects }] of Object.entries(needs)) {
  const root = join(out, app, 'app');
  const links = join(root, 'node_modules', '@open-chatgpt');
  mkdirSync(links, { recursive: true });
  for (const folder of projects) {
    for (const file of shippedFiles(folder)) {
      mkdirSync(dirname(join(root, folder, file)), { recursive: true });
      copyFileSync(join(folder, file), join(root, folder, file));
    }
    symlinkSync(join('..', '..', folder), join(links, folder.slice(folder.indexOf('/') + 1)));
  }
  // `openchat quickstart` starts from one.
  if (existsSync(join('apps', app, 'bin'))) cpSync('examples', join(root, 'examples'), { recursive: true });
  copyFileSync('LICENSE', join(root, 'LICENSE'));
  const components = componentsOf({
    app,
    projects,
    packages: packages[app],
    wheels: projects.includes('libs/runtime') ? wheels : [],
    system,
  });
  writeFileSync(join(root, 'sbom.cdx.json'), `${JSON.stringify(components, null, 1)}\n`);
}
setTimes(out);

/** What the plugin of the images for CUDA is made from, as our code pins it. */
function pluginWheels() {
  const { packageOf, planInstallation } = createRequire(import.meta.url)('@open-chatgpt/download');
  return planInstallation('cuda12', 'all').wheels.map((wheel) => ({ ...wheel, ...packageOf(wheel) }));
}
