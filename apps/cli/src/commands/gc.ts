import { Command, InvalidArgumentError, Option } from 'commander';
import type { CollectedGarbage } from '../gateway/gateway-client';
import { addGatewayOptions, type GatewayOptions, openGateway } from '../gateway/gateway-options';
import { formatBytes } from '../terminal/format';
import { print, printJson } from '../terminal/print';
import { jsonOption } from '../training/training-options';

const examples = `
Examples:
  $ openchat gc --dry-run
  $ openchat gc --grace 7d

Removes folders that nothing refers to: checkpoints that no run resumes from and no model was made of, models of workers that
lost their run, deleted datasets. Removal has two steps. The first call hides a folder; the first call after the grace removes its
files. Folders younger than the grace stay. Needs a token with the scope admin.`;

interface GcOptions extends GatewayOptions {
  grace: number;
  dryRun?: boolean;
  json?: boolean;
}

export function gcCommand(): Command {
  return addGatewayOptions(
    new Command('gc').description('remove folders from the store that nothing refers to'),
  )
    .addOption(
      new Option('--grace <time>', 'minimum age of what is removed, at least 1h')
        .argParser(readGrace)
        .default(86_400, '24h'),
    )
    .option('--dry-run', 'list what would be removed, and remove nothing')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (options: GcOptions) => {
      const { grace: graceSeconds, dryRun = false } = options;
      const report = await openGateway(options).collectGarbage({ graceSeconds, dryRun });
      if (options.json) printJson({ type: 'garbage', ...report });
      else print(describe(report));
    });
}

const SECONDS: Record<string, number> = { m: 60, h: 3600, d: 86_400 };

function readGrace(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const seconds = unit ? Number(count) * SECONDS[unit] : 0;
  if (seconds >= SECONDS.h) return seconds;
  throw new InvalidArgumentError('Expected a time of at least an hour, such as 90m, 24h or 7d.');
}

function describe({ dryRun, graceSeconds, kept, hidden, removed, ...rest }: CollectedGarbage): string {
  const folders = (count: number) => `${count} ${count === 1 ? 'folder' : 'folders'}`;
  const hours = Math.round(graceSeconds / 360) / 10;
  const lines = [
    `${dryRun ? 'Would remove' : 'Removed'}: ${folders(removed.folders)}, ${formatBytes(removed.bytes)}`,
    ...removed.keys.map((key) => `  ${key}`),
    `${dryRun ? 'Would hide' : 'Hidden'}, to be removed after ${hours} h: ${folders(hidden.folders)}, ${formatBytes(hidden.bytes)}`,
    ...hidden.keys.map((key) => `  ${key}`),
    `Kept: ${folders(kept)}`,
  ];
  const { objects, bytes } = rest.abandonedWork;
  if (objects > 0)
    lines.push(
      `Exchanged for runs that ended, ${dryRun ? 'would be removed' : 'removed'}: ${objects} objects, ${formatBytes(bytes)}`,
    );
  if (rest.damaged.length > 0)
    lines.push(
      'Damaged documents; what they may refer to is kept:',
      ...rest.damaged.map((one) => `  ${one}`),
    );
  if (rest.partialWrites > 0) lines.push(`Unfinished writes, removed: ${rest.partialWrites}`);
  if (rest.checkpointsGone > 0)
    lines.push(`Checkpoints without files${dryRun ? '' : ', now marked as gone'}: ${rest.checkpointsGone}`);
  return lines.join('\n');
}
