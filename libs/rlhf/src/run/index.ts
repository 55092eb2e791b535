export * from './events';
export { evaluationMetrics, stepMetrics } from './metric-names';
export * from './report';
export { openRunFolder, type RunFolder } from './run-folder';
