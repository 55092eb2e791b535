export * from './learning-rate';
