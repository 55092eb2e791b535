import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
/** The command-line program handles signals itself. */
const programs = readdirSync(join(root, 'apps')).filter(
  (app) => app !== 'cli' && existsSync(join(root, 'apps', app, 'src/main.ts')),
);

/** As the first process of a container, Node ignores SIGTERM until it listens: a pod would wait for its whole grace period. */
it.each(programs)('%s listens to signals before it loads its modules', (app) => {
  const source = readFileSync(join(root, 'apps', app, 'src/main.ts'), 'utf8');
  const imported = [...source.matchAll(/^import .* from '(.*)';$/gm)].map(([, name]) => name);
  expect(imported).toEqual(['@open-chatgpt/service/start-program']);
  expect(source).toMatch(/^startProgram\(async \(\) => \(await import\('.*'\)\)\.\w+\(.*\)\);$/m);
});

it('finds the programs of the services', () => {
  expect(programs).toContain('gateway');
  expect(programs.length).toBeGreaterThanOrEqual(9);
});
