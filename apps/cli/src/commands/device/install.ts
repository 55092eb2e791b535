import { join } from 'node:path';
import { type PluginKind, pluginCacheFolder } from '@open-chatgpt/cache';
import { type Installation, installPlugin, packageOf, planInstallation } from '@open-chatgpt/download';
import { Argument, Command } from 'commander';
import { createInstallDisplay } from '../../devices/install-display';
import { UsageError } from '../../exit-codes';
import { formatBytes } from '../../terminal/format';
import { print } from '../../terminal/print';
import { formatTable } from '../../terminal/table';

const examples = `
Examples:
  $ openchat device install cpu
  $ openchat device install cuda12 --dry-run          prints the files and their sizes, downloads nothing
  $ openchat device install cuda13 --compiler-only    what "openchat plan" needs on a machine without a GPU

Files come from the Python package index; PIP_INDEX_URL names a mirror, and neither Python nor pip is needed. Their SHA-256 is checked.
An interrupted download continues. OPEN_CHATGPT_CACHE is the folder for downloads, OPEN_CHATGPT_PLUGIN_CACHE that for plugins.`;

interface InstallFlags {
  dryRun?: boolean;
  compilerOnly?: boolean;
}

export function deviceInstallCommand(): Command {
  return new Command('install')
    .description('install the XLA plugin for a kind of device, with the libraries that it needs')
    .addArgument(new Argument('<plugin>', 'which plugin').choices(['cpu', 'cuda12', 'cuda13']))
    .option('--compiler-only', 'leave out what running on a GPU needs: for compiling ahead of time')
    .option('--dry-run', 'print the files and their sizes, download nothing')
    .addHelpText('after', examples)
    .action(install);
}

async function install(kind: PluginKind, { dryRun, compilerOnly }: InstallFlags): Promise<void> {
  if (compilerOnly && kind === 'cpu')
    throw new UsageError('--compiler-only is for cuda12 and cuda13: the plugin for the CPU is one file');
  const installation = planInstallation(kind, compilerOnly ? 'compiler' : 'all');
  const folder = join(pluginCacheFolder(), kind);
  print(dryRun ? describeFiles(installation) : describeSizes(installation));
  if (dryRun) {
    print(`\nThe folder is ${folder}. Nothing was downloaded.`);
    return;
  }
  const display = createInstallDisplay();
  const installed = await installPlugin(installation, { onProgress: display.show }).finally(display.close);
  print(`${installed ? 'Installed' : 'Already installed, and undamaged:'} ${folder}`);
}

function describeSizes({ kind, version, wheels }: Installation): string {
  const { download, disk } = totals(wheels);
  const files = wheels.length === 1 ? 'one file' : `${wheels.length} files`;
  return `XLA plugin ${kind} ${version}: ${download} to download in ${files}, ${disk} on disk.`;
}

function describeFiles({ wheels }: Installation): string {
  const { download, disk } = totals(wheels);
  return formatTable([
    ['package', 'version', 'license', 'download', 'on disk'],
    ...wheels.map((wheel) => {
      const { package: name, version } = packageOf(wheel);
      return [name, version, wheel.license, formatBytes(wheel.bytes), formatBytes(wheel.unpackedBytes)];
    }),
    ['total', '', '', download, disk],
  ]);
}

function totals(wheels: Installation['wheels']): { download: string; disk: string } {
  return {
    download: formatBytes(wheels.reduce((sum, { bytes }) => sum + bytes, 0)),
    disk: formatBytes(wheels.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0)),
  };
}
