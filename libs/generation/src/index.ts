export type { EarlyStopping } from './beam/hypotheses';
export { createGenerator, type Generator, type GeneratorOptions } from './generator';
export type {
  BeamOptions,
  GenerateOptions,
  Generation,
  SamplingOptions,
  TokenEvent,
  TokenLogProb,
} from './options/generate-options';
export { type GenerateTextOptions, generateText, type TextGeneration } from './text/generate-text';
export { type OpenTextModelOptions, openTextModel, type TextModel } from './text/open-text-model';
