import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The engine's native packages, whichever library loads them. */
const ENGINE_PACKAGES = /^(koffi|@koromix\/.*|onnxruntime-.*|tokenizers|@anush008\/.*)$/;

/** Loads the compiled gateway in a separate process, as `main.js` does. @returns paths of all modules loaded */
function loadedModules(): string[] {
  const gateway = join(__dirname, '../dist/index.js');
  const program = `require(${JSON.stringify(gateway)}); console.log(JSON.stringify(Object.keys(require.cache)))`;
  return JSON.parse(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }));
}

describe('the gateway', () => {
  it('loads no engine: neither its packages nor its libraries', () => {
    const modules = loadedModules().map((path) => path.replaceAll('\\', '/'));
    const names = (pattern: RegExp) =>
      [
        ...new Set(modules.map((path) => pattern.exec(path)?.[1]).filter((name) => name !== undefined)),
      ].sort();
    const packages = names(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/);
    expect(packages).toContain('@nestjs/core');
    expect(packages.filter((name) => ENGINE_PACKAGES.test(name))).toEqual([]);
    expect(names(/\/libs\/([^/]+)\/dist\//)).toEqual([
      'events',
      'messaging',
      'orchestration',
      'pipeline',
      'runs',
      'service',
      'sizing',
      'storage',
      'untrusted',
    ]);
  });
});
