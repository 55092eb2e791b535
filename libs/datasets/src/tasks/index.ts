export { generatePreferences, generatePrompts, generateSupervised, type TaskPrompt } from './generate';
export type { Language } from './lexicon';
export { type AnswerStyle, respond, styleOf } from './styles';
export {
  checkAnswer,
  generateTask,
  splitOf,
  TASK_KINDS,
  type Task,
  type TaskSplit,
  taskCharacters,
} from './task';
