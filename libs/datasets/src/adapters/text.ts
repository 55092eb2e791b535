import { notEmpty, textOf } from '../reading/row';
import type { Adapter } from './adapter';

/** Fields beside a text that make it something else: the class of a text, or a part of an exchange. */
const OTHER = [
  'label',
  'labels',
  'role',
  'parent_id',
  'chosen',
  'rejected',
  'summary',
  'completion',
  'response',
];

/**
 * Language modeling (TRL, pre-training): `{text}`. The text is learned as it is, without a chat template: it has no turns, or has its markers
 * already.
 */
export const text: Adapter = {
  name: 'text',
  detect: (row) => typeof row['text'] === 'string' && !OTHER.some((field) => field in row),
  supervised: (row) => [
    { messages: [{ role: 'assistant', content: notEmpty(textOf(row, 'text'), 'emptyText') }], plain: true },
  ],
  prompts: null,
};
