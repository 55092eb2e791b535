import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The highest requirement of level 1 or 2 in each section of OWASP ASVS 5.0.0, whose requirements of these levels come first. */
const ASVS: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  1: { 1: 2, 2: 9, 3: 11, 4: 3, 5: 2 },
  2: { 1: 3, 2: 3, 3: 4, 4: 1 },
  3: { 2: 2, 3: 4, 4: 6, 5: 5, 7: 2 },
  4: { 1: 3, 2: 1, 3: 2, 4: 4 },
  5: { 1: 1, 2: 3, 3: 2, 4: 3 },
  6: { 1: 3, 2: 12, 3: 4, 4: 4, 5: 5, 6: 3, 8: 4 },
  7: { 1: 3, 2: 4, 3: 2, 4: 5, 5: 2, 6: 2 },
  8: { 1: 2, 2: 3, 3: 1, 4: 1 },
  9: { 1: 3, 2: 4 },
  10: { 1: 2, 2: 2, 3: 4, 4: 11, 5: 5, 6: 2, 7: 3 },
  11: { 1: 2, 2: 3, 3: 3, 4: 4, 5: 1, 6: 1 },
  12: { 1: 3, 2: 2, 3: 4 },
  13: { 1: 1, 2: 5, 3: 2, 4: 5 },
  14: { 1: 2, 2: 4, 3: 3 },
  15: { 1: 3, 2: 3, 3: 7 },
  16: { 1: 1, 2: 5, 3: 4, 4: 3, 5: 3 },
  17: { 1: 1, 2: 4, 3: 2 },
};

const page = read('docs/security.md');
const [promises, checklist] = ['Promises', 'OWASP ASVS'].map((title) => rowsBelow(title));

/** The cells of the tables below a heading of the second level, without their heads. */
function rowsBelow(title: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(title)) ?? '';
  return [...section.matchAll(/^\| ---.*\n((?:\|.*\n)+)/gm)]
    .flatMap(([, rows]) => rows.trimEnd().split('\n'))
    .map((row) => row.slice(2, -2).split(' | '));
}

/** The commands and specs between backticks. */
const specsIn = (text: string) => [...text.matchAll(/`([^`]+\.spec\.ts)`/g)].map(([, path]) => path);
const commandsIn = (text: string) => [...text.matchAll(/`npm run ([^`]+)`/g)].map(([, command]) => command);

/** `1.2.1–1.2.3, 1.3.1` as single requirements. */
function requirements(cell: string): string[] {
  return cell.split(', ').flatMap((range) => {
    const [first, last = first] = range.split('–');
    const section = first.slice(0, first.lastIndexOf('.'));
    const [from, to] = [first, last].map((id) => Number(id.slice(section.length + 1)));
    return Array.from({ length: to - from + 1 }, (_, i) => `${section}.${from + i}`);
  });
}

describe('docs/security.md', () => {
  it('names a test for each promise', () => {
    expect(promises.length).toBeGreaterThanOrEqual(30);
    const unproved = promises.filter(([, , proof]) => specsIn(proof).length + commandsIn(proof).length === 0);
    expect(unproved).toEqual([]);
  });

  it('names specs that exist', () => {
    expect(specsIn(page).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('names commands, and surfaces of the attack, that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const commands = commandsIn(page);
    expect(commands.filter((command) => !(command.split(' ')[0] in scripts))).toEqual([]);
    const surfaces = commands.flatMap((command) => /--only (\S+)/.exec(command)?.[1].split(',') ?? []);
    const exists = (name: string) => existsSync(join(ROOT, `tools/attack/surfaces/${name}.mjs`));
    expect(surfaces.filter((name) => !exists(name))).toEqual([]);
  });

  it('answers each requirement of the levels 1 and 2 once', () => {
    const wanted = Object.entries(ASVS).flatMap(([chapter, sections]) =>
      Object.entries(sections).flatMap(([section, count]) =>
        Array.from({ length: count }, (_, i) => `${chapter}.${section}.${i + 1}`),
      ),
    );
    expect(checklist.flatMap(([, cell]) => requirements(cell)).toSorted()).toEqual(wanted.toSorted());
  });

  it('gives one of three answers, with a reason', () => {
    const answers = ['met', 'met in part', 'does not apply'];
    expect(
      checklist.filter(([, , answer, reason]) => !answers.includes(answer) || reason.length < 4),
    ).toEqual([]);
  });
});
