const { projects } = require('./tools/workspace/projects.cjs');

/**
 * Imports point one way. The allowed edges are the `dependencies` in the package.json of each project; Nx and the
 * TypeScript references use the same field. Specs, and what supports them in a folder `testing`, may also use
 * libs/testing and the `devDependencies`.
 */
const libraryRules = projects()
  .filter(({ folder }) => folder.startsWith('libs/'))
  .map(({ name, folder, dependencies }) => ({
    name: `${name}-imports-only-its-dependencies`,
    severity: 'error',
    comment: `${folder}/package.json allows ${dependencies.join(', ') || 'no other library'}.`,
    from: { path: `^${folder}/`, pathNot: '(\\.spec\\.ts|/src/testing/.*)$' },
    to: { path: '^(libs|apps)/', pathNot: `^libs/(${[name, ...dependencies].join('|')})/` },
  }));

module.exports = {
  forbidden: [
    ...libraryRules,
    {
      name: 'specs-stay-below-too',
      severity: 'error',
      comment:
        'A spec, and what supports it, may import its own library, what lies below it, and libs/testing; never an app.',
      from: { path: '^libs/.*(\\.spec\\.ts$|/src/testing/)' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-never-import-apps',
      severity: 'error',
      comment: 'Only the part of the program that runs all services in one process may know them.',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/cli/src/platform/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two types may name each other; code may not.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'engine-knows-no-services',
      severity: 'error',
      comment: 'autodiff … training run anywhere: no Nest, Kafka, S3 or Kubernetes.',
      from: {
        path: '^libs/(random|download|autodiff|runtime|models|tokenizer|datasets|generation|pipeline|runs|training)/',
      },
      to: { path: '(@nestjs|kafkajs|minio|@kubernetes)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    // A type-only import is an import: it binds one part to another as well.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.depcruise.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
