const { projects } = require('./tools/workspace/projects.cjs');

/**
 * Imports point one way. The package.json of each project lists the projects that it may import; Nx and the TypeScript
 * references are derived from the same lists. Specs, and their helpers in a folder `testing`, may also import the
 * `devDependencies` and the projects that are inputs of the test target.
 */
const HELPS_SPECS = '(\\.spec\\.ts|/src/testing/.*)$';
const all = projects();
const folders = (names) => names.map((name) => all.find((project) => project.name === name).folder);

const projectRules = all.flatMap(({ name, folder, dependencies, devDependencies, testInputs }) => {
  const forSpecs = [...devDependencies, ...testInputs];
  const allBut = (names) => `^(?!(${[folder, ...folders(names)].join('|')})/)(libs|apps|e2e)/`;
  return [
    {
      name: `${name}-imports-only-its-dependencies`,
      severity: 'error',
      comment: `${folder}/package.json allows ${dependencies.join(', ') || 'no other project'}.`,
      from: { path: `^${folder}/`, pathNot: HELPS_SPECS },
      to: { path: allBut(dependencies) },
    },
    {
      name: `${name}-specs-import-only-its-dependencies`,
      severity: 'error',
      comment: `The specs of ${folder} may also import ${forSpecs.join(', ') || 'no other project'}.`,
      from: { path: `^${folder}/.*${HELPS_SPECS}` },
      to: { path: allBut([...dependencies, ...forSpecs]) },
    },
  ];
});

module.exports = {
  forbidden: [
    ...projectRules,
    {
      name: 'apps-never-import-apps',
      severity: 'error',
      comment: 'Only the part of the program that runs all services in one process may know them.',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/cli/src/platform/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'testing-helpers-serve-specs',
      severity: 'error',
      comment: 'What supports specs is no part of the product.',
      from: { path: '^(libs|apps)/', pathNot: HELPS_SPECS },
      to: { path: '/src/testing/' },
    },
    {
      name: 'one-parser-of-yaml',
      severity: 'error',
      comment: 'The parser is recursive; libs/untrusted limits what reaches it.',
      from: { path: '^(libs|apps)/', pathNot: ['^libs/untrusted/', HELPS_SPECS] },
      to: { path: '(^|/)node_modules/yaml/' },
    },
    {
      name: 'no-unresolved-imports',
      severity: 'error',
      comment: 'An import that leads nowhere escapes the other rules.',
      from: {},
      to: { couldNotResolve: true },
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
        path: '^libs/(random|download|autodiff|runtime|models|tokenizer|datasets|ingestion|generation|pipeline|runs|training)/',
      },
      to: { path: '(@nestjs|kafkajs|@aws-sdk|@kubernetes)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    // A type-only import is an import: it binds one part to another as well.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.depcruise.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default'],
    },
  },
};
