import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const [, table] = read('docs/devices.md').split('## What goes wrong');
const messages = [...table.split('\n## ')[0].matchAll(/^\| ([^|]+) \| `([^`]+)`/gm)].map(
  ([, cause, message]): [string, string] => [cause, message],
);

/** The sources of all specs, with each text that is written in parts as one, and patterns without escapes. */
const specs = ['libs', 'apps', 'e2e']
  .flatMap((group) =>
    readdirSync(join(ROOT, group), { recursive: true, encoding: 'utf8' }).map((file) => `${group}/${file}`),
  )
  .filter((file) => file.endsWith('.spec.ts') && !/\/(node_modules|dist)\//.test(file))
  .map((file) => read(file))
  .map((text) => text.replace(/['`] \+\s*['`]/g, '').replaceAll('\\', ''));

describe('what goes wrong, in docs/devices.md', () => {
  it('is a table of messages', () => {
    expect(messages.length).toBeGreaterThan(10);
  });

  // `…` stands for what differs from case to case.
  it.each(messages)('is expected by a spec: %s', (_, message) => {
    const parts = message.split('…').map((part) => part.trim());
    const holding = specs.filter((text) => parts.every((part) => text.includes(part)));
    expect(holding).not.toEqual([]);
  });
});
