export * from './config';
export { formatPipeline, parsePipeline } from './parse';
export * from './sources';
