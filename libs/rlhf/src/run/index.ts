export * from './events';
export { InUse } from './lock';
export { evaluationMetrics, stepMetrics } from './metric-names';
export * from './report';
export { openRunFolder, type RunFolder } from './run-folder';
