/** Custom resource definitions of other projects that the chart makes objects of; their controllers do not run here. */
const { execFileSync } = require('node:child_process');
const { mkdirSync } = require('node:fs');
const { basename, join } = require('node:path');

const MODULES = [
  {
    module: 'github.com/kedacore/keda/v2@v2.21.0',
    sum: 'h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=',
    files: ['config/crd/bases/keda.sh_scaledobjects.yaml'],
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    files: ['servicemonitors', 'podmonitors', 'prometheusrules'].map(
      (plural) => `example/prometheus-operator-crd/monitoring.coreos.com_${plural}.yaml`,
    ),
  },
];

/**
 * Fetches the modules through the Go module proxy and puts the definitions into `folder`/manifests.
 * @throws Error when a module is not the one with the known checksum
 */
function fetchForeignResources(folder) {
  const target = join(folder, 'manifests');
  mkdirSync(target);
  for (const { module, sum, files } of MODULES) {
    const text = execFileSync('go', ['mod', 'download', '-json', module], { cwd: folder, encoding: 'utf8' });
    const { Dir, Sum } = JSON.parse(text);
    if (Sum !== sum) throw new Error(`${module}: found the checksum ${Sum}, expected ${sum}`);
    for (const file of files)
      execFileSync('cp', ['--no-preserve=mode', join(Dir, file), join(target, basename(file))]);
  }
}

/** The folder of the cache for these versions. */
function foreignResourcesFolder(cache) {
  const versions = MODULES.map(({ module }) => module.split('@')[1]);
  return join(cache, `foreign-resources-${versions.join('-')}`);
}

module.exports = { fetchForeignResources, foreignResourcesFolder };
