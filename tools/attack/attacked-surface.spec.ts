import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Attacks a surface with this `answer`. Jest cannot load modules of Node, so another process does. @returns what each input gave */
function attack(answer: string, inputs: string[]): { kind?: string; violation: string | null }[] {
  const surface = `export const open = () => ({ seeds: [], hostile: [], async answer(input) { ${answer} } });`;
  const program = `
    import { AttackedSurface } from ${JSON.stringify(pathToFileURL(join(__dirname, 'attacked-surface.mjs')))};
    const surface = new AttackedSurface(${JSON.stringify(`data:text/javascript,${encodeURIComponent(surface)}`)});
    const results = [];
    for (const input of ${JSON.stringify(inputs)}) results.push(await surface.attack(Buffer.from(input)));
    await surface.stop();
    console.log(JSON.stringify(results));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }),
  );
}

it('accepts an answer, and a refusal in our words', () => {
  const results = attack("if (String(input) === 'bad') throw new Error('rows: expected text');", [
    'good',
    'bad',
  ]);
  expect(results).toMatchObject([
    { kind: 'accepted', violation: null },
    { kind: 'refused', violation: null },
  ]);
});

it.each([
  ['an error of the engine', 'null.x', /an internal error: TypeError/],
  [
    'CPU time',
    'const start = process.cpuUsage(); while (process.cpuUsage(start).user < 1.3e6) for (let i = 0; i < 1e7; i++);',
    /s of CPU time/,
  ],
  ['memory', 'globalThis.kept = Buffer.alloc(200_000_000, 1);', /\d+ MB; at most 100/],
  ['an end of the process', 'process.abort();', /the process ended \(SIGABRT\)/],
])('reports %s, and goes on', (_, answer, violation) => {
  const [first, second] = attack(`if (String(input) === 'bad') { ${answer} }`, ['bad', 'good']);
  expect(first.violation).toMatch(violation);
  expect(second).toMatchObject({ kind: 'accepted', violation: null });
});
