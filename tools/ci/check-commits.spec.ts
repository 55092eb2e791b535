import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(__dirname, 'check-commits.mjs');

/** A repository with one commit before the base and one after it for each subject. */
describe('the check of commit subjects', () => {
  let folder: string;
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Spec', '-c', 'user.email=spec@example.org', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
  const commit = (subject: string) => git('commit', '--quiet', '--allow-empty', '--message', subject);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'commits-'));
    git('init', '--quiet');
    commit('Before the rule: anything goes.');
    git('tag', 'base');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const check = (base = 'base') =>
    spawnSync(process.execPath, [PROGRAM, base], { cwd: folder, encoding: 'utf8' });

  it('accepts conventional commits', () => {
    for (const subject of [
      'feat: add a DPO stage',
      'fix(storage): retry a write that timed out',
      'refactor(events)!: alarms become alerts',
      `docs: ${'x'.repeat(66)}`,
    ])
      commit(subject);
    expect(check()).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['Add a DPO stage', /it has not the form "type\(scope\): description"/],
    ['feature: add a DPO stage', /"feature" is not one of the types build, chore/],
    ['feat:no space', /it has not the form/],
    [`feat: ${'x'.repeat(67)}`, /it has 73 characters, 72 are allowed/],
    ['fix: an end.', /it ends with a period/],
  ])('refuses "%s"', (subject, problem) => {
    commit(subject);
    commit('fix: a good one after it');
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain(subject);
    expect(stderr).toMatch(problem);
    expect(stderr).not.toContain('a good one');
  });

  it('warns when the base is not in the clone', () => {
    expect(check('0123456789')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('not checked, for 0123456789 is not in this clone'),
    });
  });
});
