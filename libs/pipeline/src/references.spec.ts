import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filePathOf, parseReference, resolvePath } from './references';

describe('references', () => {
  it.each([
    ['builtin:tasks', 'builtin'],
    ['stage:sft', 'stage'],
    ['store:chat', 'store'],
    ['dataset:mine', 'dataset'],
    ['s3://bucket/models/chat', 'url'],
    ['owner/name', 'hub'],
    ['owner/name-2.5@main', 'hub'],
    ['data/rows.jsonl', 'path'],
    ['models/chat.gguf', 'path'],
    ['./owner/name', 'path'],
    ['rows', 'path'],
    ['a/b/c', 'path'],
  ])('%s is of the kind %s', (text, kind) => expect(parseReference(text).kind).toBe(kind));

  it('a name of the hub is a folder where there is one', () => {
    const root = mkdtempSync(join(tmpdir(), 'references-'));
    mkdirSync(join(root, 'owner', 'name'), { recursive: true });
    expect(resolvePath('owner/name', root)).toBe(join(root, 'owner', 'name'));
    expect(resolvePath('owner/other', root)).toBe('owner/other');
    expect(resolvePath('owner/rows.jsonl', root)).toBe(join(root, 'owner', 'rows.jsonl'));
    rmSync(root, { recursive: true });
  });

  // A gateway reads files only from its folders: a text that may name one counts as one.
  it('a name of the hub may name a file', () => expect(filePathOf('owner/name')).toBe('owner/name'));
});
