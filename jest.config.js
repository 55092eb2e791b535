/** One Jest run for the whole workspace: `npx jest libs/autodiff` tests one project. */
module.exports = {
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: 'node',
  testTimeout: 60_000,
  // One for each core: many specs wait, for a broker that comes back or a process that has died.
  maxWorkers: '100%',
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
  transformIgnorePatterns: ['/node_modules/(?!(pure-rand|uplot|hyparquet|hyparquet-compressors)/)'],
  modulePathIgnorePatterns: ['/dist/'],
  moduleNameMapper: {
    '^@open-chatgpt/(gateway|data-ingestion|inference|sft-trainer|reward-trainer|ppo-actor|ppo-critic)$':
      '<rootDir>/apps/$1/src',
    '^@open-chatgpt/([a-z-]+)$': '<rootDir>/libs/$1/src',
  },
  reporters: ['default', '<rootDir>/tools/ci/plain-summary-reporter.cjs'],
};
