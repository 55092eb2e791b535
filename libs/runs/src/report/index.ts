export * from './build';
export { renderReport } from './render';
export * from './schema';
