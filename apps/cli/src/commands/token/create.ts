import type { Scope } from '@open-chatgpt/service';
import { Command, InvalidArgumentError } from 'commander';
import { services } from '../../lazy-imports';
import { print, printAside, printJson } from '../../terminal/print';
import { jsonOption } from '../../training/training-options';
import { type FileOption, fileOption } from './token-file-option';

const examples = `
Scopes:
  read          read everything except dead letters
  submit        submit, cancel and resume pipelines, ingest datasets, import models, delete both
  preferences   submit preferences
  inference     requests to served models
  models        add and remove adapters of a model server, put back the model before
  admin         all of these, dead letters, and garbage collection

Examples:
  $ openchat token create --scopes read,submit --name ci --expires 90d
  $ export OPEN_CHATGPT_TOKEN=$(openchat token create --scopes admin)

Only the token is printed to stdout. It cannot be shown again: the file stores its hash.`;

interface CreateOptions extends FileOption {
  scopes: Scope[];
  name: string;
  expires?: Date;
  json?: boolean;
}

export function tokenCreateCommand(): Command {
  return new Command('create')
    .description('create a token, and add its hash to the token file')
    .requiredOption('--scopes <list>', 'scopes, such as read,submit', readScopes)
    .option('--name <name>', 'name of the token', 'unnamed')
    .option('--expires <when>', 'a date, such as 2027-01-31, or a time from now: 12h, 90d', readExpiry)
    .addOption(fileOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(({ file, scopes, name, expires, json }: CreateOptions) => {
      const { token, record } = services().createToken(file, { name, scopes, expiresAt: expires });
      if (json) {
        const { sha256: _, ...shown } = record;
        printJson({ token, ...shown });
        return;
      }
      print(token);
      const until = record.expiresAt ? ` until ${record.expiresAt}` : '';
      printAside(`Token ${record.id} with ${record.scopes.join(', ')}${until}; its hash is in ${file}.`);
    });
}

function readScopes(text: string): Scope[] {
  const { SCOPES } = services();
  const scopes = text.split(',').map((scope) => scope.trim());
  const unknown = scopes.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`Unknown scope "${unknown}"; expected ${SCOPES.join(', ')}.`);
  return scopes as Scope[];
}

const HOURS: Record<string, number> = { h: 1, d: 24 };

function readExpiry(text: string): Date {
  const [, count, unit] = /^(\d{1,6})([hd])$/.exec(text) ?? [];
  const date = unit ? new Date(Date.now() + Number(count) * HOURS[unit] * 3_600_000) : new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError(
      'Expected a date such as 2027-01-31, or a time from now such as 12h or 90d.',
    );
  if (date.getTime() <= Date.now()) throw new InvalidArgumentError('The date is in the past.');
  return date;
}
