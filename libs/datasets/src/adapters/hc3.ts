import type { Message } from '@open-chatgpt/tokenizer';
import { isBlankText, notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';

/**
 * HC3 and HC3-Chinese: `{question, human_answers[], chatgpt_answers[], source}`. Conversations have ChatGPT's answers, because the human
 * ones come from forums and encyclopedias. There are no preference pairs: the answers have no ratings.
 */
export const hc3: Adapter = {
  name: 'hc3',
  detect: (row) => 'question' in row && 'human_answers' in row && 'chatgpt_answers' in row,
  supervised(row) {
    const answers = row['chatgpt_answers'];
    if (!Array.isArray(answers) || answers.some((text) => typeof text !== 'string')) {
      throw new RowDropped('wrongType:chatgpt_answers');
    }
    const texts = answers.filter((text: string) => !isBlankText(text));
    if (texts.length === 0) throw new RowDropped('noAnswer');
    return texts.map((content) => ({ messages: [question(row), { role: 'assistant' as const, content }] }));
  },
  prompts: (row) => [{ messages: [question(row)] }],
};

function question(row: Row): Message {
  return { role: 'user', content: notEmpty(textOf(row, 'question'), 'emptyPrompt') };
}
