import type { Example } from '@open-chatgpt/datasets';
import { type CleaningOptions, cleaningOptions } from '@open-chatgpt/pipeline';
import { z } from 'zod';
import { dropControlCharacters, dropInvalidUnicode, removeControlCharacters } from './characters';
import { dropEmpty, dropPlaceholders, normalizeNoInput } from './emptiness';
import { lengthRule } from './length';
import { dropPersonal, maskPersonal } from './personal-data';
import { dropRefusals, dropSelfReference } from './refusals';
import { repetitionRule } from './repetition';
import { type CleaningRule, isRejected, type Rejected } from './rule';

/** The rules in the order of their application: first those that correct, then those that drop. */
export function cleaningRules(options: CleaningOptions = {}): CleaningRule[] {
  const parsed = cleaningOptions.safeParse(options);
  if (!parsed.success) throw new Error(`cleaning: ${z.prettifyError(parsed.error)}`);
  const chosen = parsed.data;
  const rules: (CleaningRule | false)[] = [
    chosen.invalidUnicode === 'drop' && dropInvalidUnicode,
    chosen.controlCharacters === 'drop' && dropControlCharacters,
    chosen.controlCharacters === 'remove' && removeControlCharacters,
    chosen.noInput && normalizeNoInput,
    dropEmpty,
    chosen.placeholders && dropPlaceholders,
    lengthRule(chosen),
    chosen.refusals && dropRefusals,
    chosen.selfReference && dropSelfReference,
    chosen.maxRepetition < 1 && repetitionRule(chosen.maxRepetition),
    chosen.personalData === 'drop' && dropPersonal,
    chosen.personalData === 'mask' && maskPersonal,
  ];
  return rules.filter((rule) => rule !== false);
}

/**
 * Applies the rules in their order. Returns the corrected example, or the first reason to drop it. `onChange` is called with the name of
 * each rule that corrected something, and the example before and after it.
 */
export function clean<E extends Example>(
  example: E,
  rules: readonly CleaningRule[],
  onChange: (rule: string, before: E, after: E) => void = () => {},
): E | Rejected {
  let current = example;
  for (const rule of rules) {
    const outcome = rule.apply(current);
    if (isRejected(outcome)) return outcome;
    if (outcome !== current) onChange(rule.name, current, outcome);
    current = outcome;
  }
  return current;
}
