import { z } from 'zod';
import { defineEvent } from '../define-event';
import { facts, identifier, stage, text } from './fields';

const alertRaised = defineEvent({
  type: 'alert.raised',
  kind: 'fact',
  description: 'Something needs attention: a diverging run, a lost worker, a full disk.',
  keyFields: ['name'],
  data: z.strictObject({
    name: identifier.describe('kind of alert, such as KlTooHigh'),
    severity: z.enum(['info', 'warning', 'critical']),
    message: text(8192).describe('what was observed, and the remedy'),
    runId: identifier.optional(),
    stage: stage.optional(),
    details: facts.describe('figures and names that explain the alert'),
  }),
});

export const alertContracts = [alertRaised] as const;
