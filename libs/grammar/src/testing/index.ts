export { randomSchema } from './random-schema';
export { accepts, jsonVocabulary, randomText } from './random-text';
