export { createGenerator, type Generator, type GeneratorOptions } from './generator';
export type { GenerateOptions, Generation, SamplingOptions, TokenEvent } from './options/generate-options';
