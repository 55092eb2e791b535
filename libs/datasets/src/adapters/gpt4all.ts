import { notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';

/** A model that refers to itself, not a text about such models. */
const REFUSAL =
  /\b(?:as|i am|i['’]m)(?: just| only| merely)? an? (?:ai|artificial intelligence)(?: language)? model\b/i;

/** GPT4All-J, by name: `{prompt, response, source}`. The refusals of v1.0 ("As an AI language model, I cannot…") are left out. */
export const gpt4all: Adapter = {
  name: 'gpt4all',
  detect: () => false,
  supervised(row: Row) {
    const content = notEmpty(textOf(row, 'prompt'), 'emptyPrompt');
    const response = notEmpty(textOf(row, 'response'), 'emptyOutput');
    if (REFUSAL.test(response)) throw new RowDropped('refusal');
    return [
      {
        messages: [
          { role: 'user', content },
          { role: 'assistant', content: response },
        ],
      },
    ];
  },
};
