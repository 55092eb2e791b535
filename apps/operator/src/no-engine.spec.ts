import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The engine's native packages, whichever library loads them. */
const ENGINE_PACKAGES = /\/node_modules\/(koffi|@koromix|onnxruntime-[^/]+|tokenizers|@anush008)\//;

describe('the operator', () => {
  it('loads no engine: neither its packages nor the libraries that use them', () => {
    const operator = join(__dirname, '../dist/operator.module.js');
    const program = `require(${JSON.stringify(operator)}); console.log(JSON.stringify(Object.keys(require.cache)))`;
    const loaded: string[] = JSON.parse(
      execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }),
    );
    expect(loaded.some((path) => path.includes('/libs/sizing/dist/'))).toBe(true);
    expect(loaded.filter((path) => ENGINE_PACKAGES.test(path))).toEqual([]);
    expect(loaded.filter((path) => /\/libs\/(runtime|models|training|generation)\//.test(path))).toEqual([]);
  });
});
