import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { compile } from '../testing/openchat';

describe('the program', () => {
  beforeAll(() => compile(), 120_000);

  it('starts without the modules that only some commands need', () => {
    const program = join(__dirname, '../../apps/cli/dist/program.js');
    const script = `
      require(${JSON.stringify(program)}).createProgram();
      process.stdout.write(Object.keys(require.cache).join('\\n'));
    `;
    const loaded = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(loaded).toContain('commander');
    expect(loaded.match(/\/node_modules\/(@nestjs|kafkajs|rxjs|tinyld|@opentelemetry)\//g)).toBeNull();
  });
});
