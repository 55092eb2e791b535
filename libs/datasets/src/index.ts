export * from './examples';
export * from './tasks';
