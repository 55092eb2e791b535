import { Command } from 'commander';
import { services } from '../../lazy-imports';
import { print, printJson } from '../../terminal/print';
import { formatTable } from '../../terminal/table';
import { jsonOption } from '../../training/training-options';
import { type FileOption, fileOption } from './token-file-option';

export function tokenListCommand(): Command {
  return new Command('list')
    .description('list tokens, without their secrets')
    .addOption(fileOption())
    .addOption(jsonOption())
    .action(({ file, json }: FileOption & { json?: boolean }) => {
      const tokens = services()
        .readTokens(file)
        .map(({ sha256: _, ...token }) => token);
      if (json) {
        for (const token of tokens) printJson(token);
        return;
      }
      const expiry = (expiresAt = '') =>
        expiresAt !== '' && Date.parse(expiresAt) <= Date.now() ? `${expiresAt} (expired)` : expiresAt;
      print(
        formatTable([
          ['id', 'name', 'scopes', 'created', 'expires'],
          ...tokens.map(({ id, name, scopes, createdAt, expiresAt }) => [
            id,
            name,
            scopes.join(','),
            createdAt,
            expiry(expiresAt),
          ]),
        ]),
      );
    });
}
