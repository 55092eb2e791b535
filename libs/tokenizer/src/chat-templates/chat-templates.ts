import type { Tokenizer } from '../tokenizer';
import { alpaca } from './alpaca';
import type { ChatTemplate, Delimiters, TemplateRule } from './chat-template';
import { chatml } from './chatml';
import { llama2 } from './llama2';
import { modelTemplate } from './model';
import { vicuna } from './vicuna';

const RULES = { alpaca, vicuna, chatml, llama2 } satisfies Record<string, (d: Delimiters) => TemplateRule>;

export type ChatTemplateName = keyof typeof RULES | 'model';

/** All names of chat templates. */
export const CHAT_TEMPLATE_NAMES = [...Object.keys(RULES), 'model'] as readonly ChatTemplateName[];

/** The named template for a tokenizer; 'model' is the model's own template. */
export function chatTemplate(name: ChatTemplateName, tokenizer: Tokenizer): ChatTemplate {
  const rule = name === 'model' ? modelTemplate(tokenizer) : namedRule(name, tokenizer);
  const stopTokenIds = [tokenizer.eosTokenId, ...rule.stop.map((text) => tokenizer.tokenToId(text))];
  return {
    name,
    render: rule.render,
    jinja: rule.jinja,
    stop: rule.stop,
    answerTail: rule.answerTail,
    ...(rule.renderBlocks && { renderBlocks: rule.renderBlocks }),
    stopTokenIds: [...new Set(stopTokenIds.filter((id): id is number => id !== null))],
  };
}

function namedRule(name: Exclude<ChatTemplateName, 'model'>, tokenizer: Tokenizer): TemplateRule {
  const make = RULES[name];
  if (!make) {
    throw new Error(`unknown chat template "${name}"; expected one of ${CHAT_TEMPLATE_NAMES.join(', ')}.`);
  }
  const eos = tokenizer.eosToken;
  if (eos === null && name !== 'chatml') {
    throw new Error(
      `chat template ${name}: the tokenizer has no EOS token, which must end each answer. ` +
        'Set "eos_token" in tokenizer_config.json.',
    );
  }
  const bos = tokenizer.addsBos || name === 'llama2' ? (tokenizer.bosToken ?? '') : '';
  return make({ bos, eos: eos ?? '' });
}
