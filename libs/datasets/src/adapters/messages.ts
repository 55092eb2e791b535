import type { Message } from '@open-chatgpt/tokenizer';
import type { Row } from '../reading/row';
import type { Adapter } from './adapter';
import { CONVERSATION_FIELDS, conversationField, readMessages } from './read-messages';
import { conversation, question } from './turns';

/**
 * The format of chat APIs and of many datasets on the Hugging Face hub: `{messages: [{role, content}]}`, also under another name of the
 * field (`conversations`, `conversation`, `dialogue` …).
 */
export const messages: Adapter = {
  name: 'messages',
  detect: (row) => conversationField(row) !== undefined,
  fields: CONVERSATION_FIELDS,
  supervised: (row, repaired) => [{ messages: conversation(turnsOf(row), repaired) }],
  prompts(row, repaired) {
    const turns = turnsOf(row);
    const answered = turns.some(({ role }) => role === 'assistant');
    return [{ messages: answered ? conversation(turns, repaired).slice(0, -1) : question(turns, repaired) }];
  },
};

function turnsOf(row: Row): Message[] {
  const field = conversationField(row) ?? 'messages';
  return readMessages(row[field], field);
}
