import { z } from 'zod';
import { defineEvent } from '../define-event';
import { identifier, text } from './fields';

const preferenceSubmitted = defineEvent({
  type: 'preference.submitted',
  kind: 'fact',
  description: 'A person prefers one answer to another. The text is untrusted: escape it, never execute it.',
  keyFields: ['datasetId'],
  data: z.strictObject({
    preferenceId: identifier.describe('a second preference with the same id is a duplicate'),
    datasetId: identifier.describe('the dataset that it belongs to'),
    prompt: z
      .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: text(65_536) }))
      .min(1)
      .max(256)
      .describe('the conversation up to the answer'),
    chosen: text(65_536),
    rejected: text(65_536),
    modelId: identifier.optional().describe('the model that wrote the answers'),
    annotator: identifier.optional().describe('a pseudonym of the person who chose, without personal data'),
  }),
});

export const preferenceContracts = [preferenceSubmitted] as const;
