export { buildReport } from './build';
export { renderReport } from './render';
export { type RunReport, reportSchema, type StageReport } from './schema';
export { stageLabel } from './tiles';
