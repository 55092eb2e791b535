import { Command } from 'commander';
import { type ListedDevice, listDevices } from '../../devices/list-devices';
import { findNvidiaGpus } from '../../devices/nvidia-gpus';
import { type PluginState, pluginStates } from '../../devices/plugin-states';
import { formatBytes } from '../../terminal/format';
import { print, printJson } from '../../terminal/print';
import { formatTable } from '../../terminal/table';
import { jsonOption } from '../../training/training-options';

const examples = `
Examples:
  $ openchat device list
  $ openchat device list --json

OPEN_CHATGPT_DEVICE chooses a device: cpu, xla:cpu, xla:cpu:8 (8 devices on this CPU), cuda, cuda:0,1 or cuda:all.`;

export function deviceListCommand(): Command {
  return new Command('list')
    .description('list the devices of this machine, and what each needs')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async ({ json }: { json?: boolean }) => {
      const plugins = pluginStates();
      const devices = listDevices(plugins, await findNvidiaGpus());
      if (json) {
        for (const device of devices) printJson({ type: 'device', ...device });
        for (const plugin of plugins) printJson({ type: 'plugin', ...plugin });
      } else print(`${describeDevices(devices)}\n\n${describePlugins(plugins)}`);
    });
}

function describeDevices(devices: readonly ListedDevice[]): string {
  return formatTable([
    ['device', 'usable', 'found', 'needs'],
    ...devices.map(({ device, usable, found, needs }) => [device, usable ? 'yes' : 'no', found, needs ?? '']),
  ]);
}

function describePlugins(plugins: readonly PluginState[]): string {
  return formatTable([
    ['XLA plugin', 'version', 'on disk', 'state'],
    ...plugins.map(({ plugin, version, installed, problem }) => [
      plugin,
      version,
      installed ? formatBytes(installed.bytes) : '–',
      problem ?? (installed?.parts === 'all' ? 'installed' : 'installed to compile only'),
    ]),
  ]);
}
