import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(__dirname, 'check-expressions.mjs');

describe('the check of regular expressions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'expressions-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function check(text: string) {
    const file = join(folder, 'file.ts');
    writeFileSync(file, text);
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, file], { encoding: 'utf8' });
    return { status, stderr };
  }

  it('accepts expressions that take linear time', () => {
    const text = [
      String.raw`export const a = /^\s*(?:no|yes)\b/i;`,
      "export const b = new RegExp('[ab]+c?', 'g');",
      String.raw`export const c = /(?<!\/)\/+$/;`,
    ].join('\n');
    expect(check(text)).toEqual({ status: 0, stderr: '' });
  });

  it('refuses others with their place and an attack', () => {
    const wrong = [
      ['exponential', '/^(?:a+)+$/'],
      ['neighbours that overlap', String.raw`/^no[\s_]*\s*$/`],
      ['a search that begins inside a run', String.raw`/\s+$/`],
      ['several characters in turn', '/^(?:ab)*(?:ab)*$/'],
      ['a run inside an assertion', '/(?=a+b)a/'],
      ['in RegExp(…)', "new RegExp('(?:ab)+$')"],
    ];
    const { status, stderr } = check(
      wrong.map(([, one], i) => `export const wrong${i} = ${one};\n`).join(''),
    );
    expect(status).toBe(1);
    const found = stderr.matchAll(/file\.ts:(\d+): .*\n {2}it takes .* time for .*repeat\(\d+\)/g);
    expect([...found].map(([, line]) => wrong[Number(line) - 1][0]).sort()).toEqual(
      wrong.map(([name]) => name).sort(),
    );
  });

  it('refuses an expression that is composed at run time, unless a comment says why it is harmless', () => {
    const composed = 'export const of = (text: string) =>\n  new RegExp(text);\n';
    expect(check(composed)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('composed at run time'),
    });
    expect(check(`// Linear time: a choice of fixed texts.\n${composed}`)).toEqual({ status: 0, stderr: '' });
    expect(check(`// Linear time: it is not this one.\n\n${composed}`).status).toBe(1);
  });
});
