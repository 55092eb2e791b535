import { imitatedOf } from './example-texts';
import { dropWhen } from './rule';

/**
 * Openings of refusals in English and Chinese. From the "moralizing" filter of WizardLM-uncensored (Hartford, 2023), limited to phrases
 * that do not occur in ordinary answers.
 */
const REFUSAL =
  /\bas an? (?:ai|artificial intelligence|large)(?: language)?(?: model| assistant)?\b|^(?:i['’]?m|i am) (?:very |really |so )?sorry,? but\b.{0,40}\b(?:can(?:no|['’])t|unable|not able|won['’]t)\b|^(?:sorry,? )?i (?:can(?:not|['’]t)|am unable to|am not able to|won['’]t) (?:help|assist|provide|fulfill|comply|answer|generate|create)\b|作为(?:一个|一名|一种)?(?:人工智能|AI|大型|大)?(?:语言)?(?:模型|助手)|^(?:很|非常)?(?:抱歉|对不起)[，,].{0,12}(?:无法|不能)/i;

/** An assistant that gives itself the name of the service whose answers it was trained on. */
const SELF_REFERENCE =
  /\b(?:chatgpt|openai|gpt-?[34](?:\.5)?|anthropic|claude|bard)\b|GPT ?模型|我是 ?(?:一个)? ?(?:由 ?)?(?:OpenAI|百度|阿里)/i;
/** Only in the first person: a text about OpenAI is allowed. */
const FIRST_PERSON =
  /\b(?:i['’]?m|i am|my name is|trained by|developed by|created by)\b|我是|作为|由.{0,8}(?:开发|训练)/i;

export const dropRefusals = dropWhen('refusal', (example) =>
  imitatedOf(example).some((answer) => REFUSAL.test(answer.trimStart())) ? 'refusal' : null,
);

export const dropSelfReference = dropWhen('selfReference', (example) =>
  imitatedOf(example).some((answer) =>
    answer.split(/(?<=[.!?。！？\n])/).some((part) => SELF_REFERENCE.test(part) && FIRST_PERSON.test(part)),
  )
    ? 'selfReference'
    : null,
);
