/**
 * Imports point one way: apps → rlhf → generation, datasets → models → runtime → tensor;
 * models and datasets → hub; apps → service → messaging → events, and service → storage.
 * The tree of allowed edges is the list below; everything else is an error. Specs, and what supports them in a folder
 * `testing`, may also use libs/testing.
 */
const allowed = {
  random: [],
  hub: [],
  tensor: [],
  runtime: ['tensor'],
  models: ['random', 'hub', 'tensor', 'runtime'],
  tokenizer: [],
  datasets: ['random', 'hub', 'tokenizer'],
  generation: ['random', 'tensor', 'runtime', 'models', 'tokenizer'],
  rlhf: ['random', 'tensor', 'runtime', 'models', 'tokenizer', 'datasets', 'generation'],
  events: [],
  storage: [],
  messaging: ['events'],
  service: ['events', 'messaging', 'storage'],
  'stage-worker': [
    'random',
    'tensor',
    'runtime',
    'models',
    'tokenizer',
    'datasets',
    'generation',
    'rlhf',
    'events',
    'storage',
    'messaging',
    'service',
  ],
  'ppo-exchange': [
    'random',
    'tensor',
    'runtime',
    'models',
    'tokenizer',
    'datasets',
    'generation',
    'rlhf',
    'events',
    'storage',
  ],
  testing: ['tensor', 'runtime'],
};

const libraryRules = Object.entries(allowed).map(([library, targets]) => ({
  name: `${library}-imports-only-what-lies-below`,
  severity: 'error',
  comment: `libs/${library} may import ${targets.length ? targets.join(', ') : 'no other library'}.`,
  from: { path: `^libs/${library}/`, pathNot: '(\\.spec\\.ts|/src/testing/.*)$' },
  to: { path: '^(libs|apps)/', pathNot: `^libs/(${[library, ...targets].join('|')})/` },
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
      comment: 'tensor … rlhf run anywhere: no Nest, Kafka, S3 or Kubernetes.',
      from: { path: '^libs/(random|hub|tensor|runtime|models|tokenizer|datasets|generation|rlhf)/' },
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
