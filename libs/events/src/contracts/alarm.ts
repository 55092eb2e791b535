import { z } from 'zod';
import { defineEvent } from '../define-event';
import { facts, identifier, stage, text } from './fields';

const alarmRaised = defineEvent({
  type: 'alarm.raised',
  kind: 'fact',
  description: 'Something needs a person: a diverging run, a lost worker, a full disk …',
  keyFields: ['name'],
  data: z.strictObject({
    name: identifier.describe('what kind of alarm, such as KlTooHigh'),
    severity: z.enum(['info', 'warning', 'critical']),
    message: text(8192).describe('what was seen, and the remedy'),
    runId: identifier.optional(),
    stage: stage.optional(),
    details: facts.describe('figures and names that matter'),
  }),
});

export const alarmContracts = [alarmRaised] as const;
