import { z } from 'zod';
import { defineEvent } from '../define-event';
import { identifier, text } from './fields';

const preferenceSubmitted = defineEvent({
  type: 'preference.submitted',
  kind: 'fact',
  description: 'Somebody preferred one answer to another. Untrusted text: escape it, never execute it.',
  keyFields: ['datasetId'],
  data: z.strictObject({
    preferenceId: identifier.describe('a second one of the same id is the same preference'),
    datasetId: identifier.describe('the data set that it joins'),
    prompt: z
      .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: text(65_536) }))
      .min(1)
      .max(256)
      .describe('the conversation up to the answer'),
    chosen: text(65_536),
    rejected: text(65_536),
    modelId: identifier.optional().describe('the model that wrote the answers'),
    annotator: identifier.optional().describe('who chose: a pseudonym, no personal data'),
  }),
});

export const preferenceContracts = [preferenceSubmitted] as const;
