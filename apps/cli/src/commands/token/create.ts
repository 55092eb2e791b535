import type { Scope } from '@open-chatgpt/service';
import { Command, InvalidArgumentError } from 'commander';
import { services } from '../../lazy-imports';
import { printJson } from '../../terminal/json-line';
import { jsonOption } from '../../training/training-options';
import { type FileOption, fileOption } from './token-file-option';

const examples = `
Scopes:
  read          look at everything but dead letters
  submit        submit, cancel and resume pipelines, have datasets ingested, import models, delete both
  preferences   send preferences
  inference     ask models, through OpenAI's API
  admin         all of these, dead letters, and clearing the store

Examples:
  $ openchat token create --scopes read,submit --name ci --expires 90d
  $ export OPEN_CHATGPT_TOKEN=$(openchat token create --scopes admin)

Only the token goes to stdout. It is shown this once: the file keeps its hash.`;

interface CreateOptions extends FileOption {
  scopes: Scope[];
  name: string;
  expires?: Date;
  json?: boolean;
}

export function tokenCreateCommand(): Command {
  return new Command('create')
    .description('make a token and add its hash to the token file')
    .requiredOption('--scopes <list>', 'what it lets its holder do, such as read,submit', readScopes)
    .option('--name <name>', 'what it is for, to know it by', 'unnamed')
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
      console.log(token);
      const until = record.expiresAt ? ` until ${record.expiresAt}` : '';
      console.error(`Token ${record.id} with ${record.scopes.join(', ')}${until}; its hash is in ${file}.`);
    });
}

function readScopes(text: string): Scope[] {
  const { SCOPES } = services();
  const scopes = text.split(',').map((scope) => scope.trim());
  const unknown = scopes.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no scope "${unknown}"; there is ${SCOPES.join(', ')}.`);
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
  if (date.getTime() <= Date.now()) throw new InvalidArgumentError('That is past.');
  return date;
}
