const { isIsolated } = require('./tools/cluster/isolation.cjs');
const { projects } = require('./tools/workspace/projects.cjs');

// XLA writes a warning for each program that is divided over devices. Workers inherit the variable.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
// Specs compile many small programs and run each a few times: without this, LLVM's passes are most of their time.
process.env.XLA_FLAGS ??= '--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true';

const sourceOf = Object.fromEntries(
  projects().flatMap(({ name, folder }) => [
    [`^@open-chatgpt/${name}$`, `<rootDir>/${folder}/src`],
    [`^@open-chatgpt/${name}/testing$`, `<rootDir>/${folder}/src/testing`],
  ]),
);

const shared = {
  testMatch: ['**/*.spec.ts'],
  testEnvironment: 'node',
  transform: {
    '^.+\\.(ts|js|mjs)$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
  transformIgnorePatterns: [
    '/node_modules/(?!(pure-rand|uplot|hyparquet|hyparquet-compressors|p-map|@kubernetes/client-node|openid-client|oauth4webapi|jose)/)',
  ],
  setupFilesAfterEnv: ['<rootDir>/tools/ci/dataset-cache.cjs'],
  modulePathIgnorePatterns: ['/dist/'],
  moduleNameMapper: { ...sourceOf, '^fast-check$': '<rootDir>/tools/ci/fast-check.cjs' },
};

/** Their control plane runs in namespaces of its own: `npm run e2e:cluster` starts Jest inside. */
const clusterSpecs = {
  ...shared,
  displayName: 'cluster',
  roots: ['<rootDir>/e2e/kubernetes'],
  globalSetup: '<rootDir>/tools/ci/start-cluster.cjs',
  globalTeardown: '<rootDir>/tools/ci/stop-cluster.cjs',
  setupFilesAfterEnv: [...shared.setupFilesAfterEnv, '<rootDir>/tools/ci/cluster-timeout.cjs'],
};

/**
 * One Jest run for the whole workspace: `npx jest libs/autodiff` tests one project, `npx jest --selectProjects unit`
 * leaves out the end-to-end tests.
 */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/tools'],
      globalSetup: '<rootDir>/tools/ci/prepare-plugin.cjs',
    },
    {
      ...shared,
      displayName: 'xla',
      rootDir: __dirname,
      // What both engines compute: each op with its gradient, and all golden cases.
      testMatch: [
        '<rootDir>/libs/autodiff/src/{autodiff,ops}/*.spec.ts',
        '<rootDir>/libs/models/src/execution/*.spec.ts',
        '<rootDir>/libs/training/src/algorithms/*/{objective,objectives,log-probs}.spec.ts',
        '<rootDir>/libs/training/src/trainer/optimizer.spec.ts',
      ],
      setupFiles: ['<rootDir>/tools/ci/xla-device.cjs'],
      globalSetup: '<rootDir>/tools/ci/prepare-plugin.cjs',
    },
    {
      ...shared,
      displayName: 'e2e',
      roots: ['<rootDir>/e2e'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/e2e/kubernetes/'],
      globalSetup: '<rootDir>/tools/ci/prepare-e2e.cjs',
    },
    ...(isIsolated() ? [clusterSpecs] : []),
  ],
  testTimeout: 60_000,
  // One for each core: many specs wait, for a broker that comes back or a process that has died.
  maxWorkers: '100%',
  reporters: ['default', '<rootDir>/tools/ci/plain-summary-reporter.cjs'],
};
