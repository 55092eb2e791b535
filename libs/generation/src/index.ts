export { checkEngine } from '@open-chatgpt/runtime';
export { type Answering, withAdapter } from './adapters/with-adapter';
export { createGenerator, type GeneratorOptions } from './generator';
export type { SamplingOptions, TokenEvent } from './options/generate-options';
export { samplingFor } from './options/sampling-defaults';
export { promptLogProbs } from './prompt-log-probs';
export type { SpeculationCounts } from './speculation/drafter';
export { type GenerateTextOptions, generateText, type TextGeneration } from './text/generate-text';
export { openTextModel, type TextModel } from './text/open-text-model';
