export { buildReport } from './build';
export { figureTitle } from './figures';
export { MOST_OVERLAID, renderOverlay } from './overlay';
export { reportPolicy } from './page';
export { renderReport } from './render';
export { type RunReport, reportSchema, type StageReport } from './schema';
export { stageLabel } from './tiles';
export { factName } from './totals-table';
