import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const CONFIG = '.dependency-cruiser.cjs';
const DEPCRUISE = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

interface Violation {
  from: string;
  to: string;
  rule: { name: string };
}

/** The rules that the workspace in `folder` breaks, by this repository's configuration, and how many files it has. */
function cruise(folder: string): { broken: string[]; modules: number } {
  const args = [DEPCRUISE, '--config', join(ROOT, CONFIG), '--output-type', 'json', 'libs', 'apps', 'e2e'];
  const report = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
  const { summary } = JSON.parse(report) as { summary: { violations: Violation[]; totalCruised: number } };
  const packageOf = (path: string) => path.replace(/^.*node_modules\/((@[^/]+\/)?[^/]+)\/.*$/, '$1');
  return {
    broken: summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${packageOf(to)}`),
    modules: summary.totalCruised,
  };
}

/**
 * A separate workspace with the real configuration, so that a test that is killed leaves nothing in this one.
 * Its few libraries and apps import each other in the allowed direction; `files` come on top.
 */
function workspace(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'boundaries-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const name of ['tsconfig.base.json', 'tsconfig.depcruise.json'])
    copyFileSync(join(ROOT, name), join(folder, name));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  write('libs/autodiff/src/index.ts', 'export const autodiff = 1;');
  write('libs/random/src/index.ts', 'export const random = 1;');
  write('libs/runtime/src/index.ts', "export { autodiff as runtime } from '@open-chatgpt/autodiff';");
  write('libs/models/src/index.ts', "export { runtime as models } from '@open-chatgpt/runtime';");
  write('libs/training/src/index.ts', "export { models as training } from '@open-chatgpt/models';");
  write('libs/testing/src/index.ts', "export { runtime as testing } from '@open-chatgpt/runtime';");
  write('apps/cli/src/index.ts', "export { training as cli } from '@open-chatgpt/training';");
  write('libs/events/src/index.ts', 'export const events = 1;');
  write('apps/gateway/src/index.ts', "export { events as gateway } from '@open-chatgpt/events';");
  write('apps/gateway/src/testing/index.ts', 'export const helper = 1;');
  write('e2e/all.spec.ts', "import '@open-chatgpt/gateway';\nimport '@open-chatgpt/gateway/testing';");
  for (const [path, text] of Object.entries(files)) write(path, text);
  return folder;
}

/** What is wrong, where, the import, and the one violation that must come of it. */
const VIOLATIONS = [
  [
    'a library that imports one above it',
    'libs/autodiff/src/above.ts',
    "import '@open-chatgpt/training';",
    'autodiff-imports-only-its-dependencies: libs/autodiff/src/above.ts → libs/training/src/index.ts',
  ],
  [
    'the same by a relative path',
    'libs/autodiff/src/relative.ts',
    "import '../../models/src';",
    'autodiff-imports-only-its-dependencies: libs/autodiff/src/relative.ts → libs/models/src/index.ts',
  ],
  [
    'product code that imports libs/testing',
    'libs/models/src/helped.ts',
    "import '@open-chatgpt/testing';",
    'models-imports-only-its-dependencies: libs/models/src/helped.ts → libs/testing/src/index.ts',
  ],
  [
    'an engine library that knows Nest',
    'libs/autodiff/src/service.ts',
    "import { Injectable } from '@nestjs/common';\nexport const x = Injectable;",
    'engine-knows-no-services: libs/autodiff/src/service.ts → @nestjs/common',
  ],
  [
    'an engine library that knows Kafka',
    'libs/training/src/events.ts',
    "import 'kafkajs';",
    'engine-knows-no-services: libs/training/src/events.ts → kafkajs',
  ],
  [
    'an app that imports an app',
    'apps/cli/src/neighbour.ts',
    "import '../../gateway/src';",
    'apps-never-import-apps: apps/cli/src/neighbour.ts → apps/gateway/src/index.ts',
  ],
  [
    'an app that imports a library that its package.json does not list',
    'apps/gateway/src/undeclared.ts',
    "import '@open-chatgpt/training';",
    'gateway-imports-only-its-dependencies: apps/gateway/src/undeclared.ts → libs/training/src/index.ts',
  ],
  [
    'a spec that imports a library that its package.json does not list',
    'libs/models/src/undeclared.spec.ts',
    "import '@open-chatgpt/training';",
    'models-specs-import-only-its-dependencies: libs/models/src/undeclared.spec.ts → libs/training/src/index.ts',
  ],
  [
    'a library that imports an app',
    'libs/training/src/upside-down.ts',
    "import '../../../apps/gateway/src';",
    'training-imports-only-its-dependencies: libs/training/src/upside-down.ts → apps/gateway/src/index.ts',
  ],
  [
    'a spec that imports an app',
    'libs/training/src/end-to-end.spec.ts',
    "import '../../../apps/gateway/src';",
    'training-specs-import-only-its-dependencies: libs/training/src/end-to-end.spec.ts → apps/gateway/src/index.ts',
  ],
  [
    'product code that imports a helper of specs',
    'apps/gateway/src/helped.ts',
    "import './testing';",
    'testing-helpers-serve-specs: apps/gateway/src/helped.ts → apps/gateway/src/testing/index.ts',
  ],
  [
    'an app that imports end-to-end tests',
    'apps/gateway/src/tested.ts',
    "import '../../../e2e/all.spec';",
    'gateway-imports-only-its-dependencies: apps/gateway/src/tested.ts → e2e/all.spec.ts',
  ],
  [
    'an import that leads nowhere',
    'libs/random/src/nowhere.ts',
    "import '@open-chatgpt/randon';",
    'no-unresolved-imports: libs/random/src/nowhere.ts → @open-chatgpt/randon',
  ],
  [
    'a file that imports itself round a corner',
    'libs/random/src/corner.ts',
    "import './round';",
    'no-cycles: libs/random/src/corner.ts → libs/random/src/round.ts',
  ],
] as const;

describe('import boundaries', () => {
  let broken: string[];

  beforeAll(() => {
    const folder = workspace({
      ...Object.fromEntries(VIOLATIONS.map(([, path, text]) => [path, text])),
      'libs/random/src/round.ts': "import './corner';",
      'libs/autodiff/src/good.spec.ts': "import '@open-chatgpt/testing';\nimport './index';",
    });
    try {
      ({ broken } = cruise(folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(VIOLATIONS)('refuse %s', (_, _path, _text, wanted) => {
    expect(broken).toContain(wanted);
  });

  it('allow everything else: imports from above to below, libs/testing in specs', () => {
    expect(broken.toSorted()).toEqual(VIOLATIONS.map(([, , , wanted]) => wanted).toSorted());
  });

  it('hold in this repository', () => {
    const { broken, modules } = cruise(ROOT);
    expect(broken).toEqual([]);
    expect(modules).toBeGreaterThan(100);
  }, 180_000);
});
