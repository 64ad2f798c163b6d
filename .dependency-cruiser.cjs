/** Directions of imports: who may know whom. See ARCHITECTURE.md. */
const services =
  '(gateway/(ingestion|authentication|authorisation|firehose)|workers/(faceextract|ocr|summary|push|firehose|probe))'

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'lib-knows-nobody-above',
      comment: 'lib is what several services share; it must not depend on any of them.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(gateway|workers|workflows|activities|cli|bench|chaos|test)/' },
    },
    {
      name: 'services-do-not-know-each-other',
      comment: 'Services meet on Kafka only.',
      severity: 'error',
      from: { path: `^${services}/`, pathNot: '^gateway/firehose/' },
      to: { path: `^${services}/`, pathNot: '^$1/' },
    },
    {
      name: 'the-stream-knows-its-journal',
      comment:
        'Both folders are one service: what fills its journal, and what serves it over HTTP.',
      severity: 'error',
      from: { path: '^gateway/firehose/' },
      to: { path: `^${services}/`, pathNot: '^(gateway|workers)/firehose/' },
    },
    {
      name: 'clients-stand-alone',
      comment: 'Whoever reads the stream copies the folder, and needs nothing but Node.',
      severity: 'error',
      from: { path: '^clients/' },
      to: { pathNot: '^clients/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'workflows-are-deterministic',
      comment: 'Workflow code may import the workflow SDK, itself, and types.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        pathNot: '^(workflows/|node_modules/@temporalio/(workflow|common)/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'only-lib-kafka-imports-the-kafka-client',
      severity: 'error',
      from: { pathNot: '^(lib/kafka|test/(support|lib/kafka))/' },
      to: { path: '^node_modules/kafkajs/' },
    },
    {
      name: 'only-lib-token-imports-jose',
      severity: 'error',
      from: { pathNot: '^(lib/token|test/)' },
      to: { path: '^node_modules/jose/' },
    },
    {
      name: 'only-the-command-line-imports-the-command-line',
      severity: 'error',
      from: { pathNot: '^(cli|test|bench|chaos)/' },
      to: { path: '^cli/' },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'Benchmarks start systems with the support of the tests.',
      severity: 'error',
      from: { pathNot: '^(test|bench|chaos)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-development-dependencies-in-production',
      severity: 'error',
      from: { path: '^(main\\.ts|lib|gateway|workers|workflows|activities)' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'not-resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^proto/gen/|^\\.racc/)' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
