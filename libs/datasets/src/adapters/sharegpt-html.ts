import type { Message } from '@open-chatgpt/tokenizer';
import { hasText, isRow, type Row } from '../reading/row';
import type { Adapter } from './adapter';
import { htmlToText } from './html-to-text';
import { CONVERSATION_FIELDS, turnsIn } from './read-messages';
import type { Repaired } from './repair';
import { sharegptTurns } from './sharegpt';
import { conversation } from './turns';

/** What the answers of a saved ChatGPT page begin with. */
const PAGE = /^\s*<div class="markdown\b/;
const PROVING_ANSWERS = 10;

/**
 * ShareGPT as it was saved from web pages: as `sharegpt`, with answers in HTML. By name, or where most of the first answers are page
 * fragments of ChatGPT: an answer that begins with a tag may be HTML that was asked for.
 */
export const sharegptHtml: Adapter = {
  name: 'sharegpt-html',
  detect: () => false,
  proves(rows) {
    const answers = rows.flatMap((row) => turnsIn(row['conversations']) ?? []).filter(isAnswer);
    const pages = answers.filter((turn) => hasText(turn['value'], PAGE));
    return pages.length >= PROVING_ANSWERS && pages.length > answers.length / 2;
  },
  fields: CONVERSATION_FIELDS,
  supervised(row, repaired) {
    const turns = sharegptTurns(row).map((turn) =>
      turn.role === 'assistant' ? withText(turn, repaired) : turn,
    );
    return [{ messages: conversation(turns, repaired) }];
  },
};

const isAnswer = (turn: Row) => isRow(turn) && hasText(turn['from'], /^(?:gpt|chatgpt|assistant)$/i);

function withText(turn: Message, repaired?: Repaired): Message {
  const content = htmlToText(turn.content);
  repaired?.('htmlToText', turn.content, content);
  return content === turn.content ? turn : { ...turn, content };
}
