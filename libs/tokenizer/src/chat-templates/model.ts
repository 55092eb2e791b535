import type { Message } from '../message';
import { renderChat } from '../render-chat';
import type { Tokenizer } from '../tokenizer';
import type { TemplateRule } from './chat-template';
import { markGenerationBlocks, readGenerationBlocks } from './generation-blocks';

const PROBE = 'ANSWERPROBE';

/** The model's own template from tokenizer_config.json. @throws Error when it has none */
export function modelTemplate(
  tokenizer: Pick<Tokenizer, 'chatTemplate' | 'bosToken' | 'eosToken' | 'specialTokens'>,
): TemplateRule {
  const { chatTemplate, bosToken, eosToken } = tokenizer;
  if (chatTemplate === null) {
    throw new Error(
      'chat template "model": tokenizer_config.json has no "chat_template" (a base model has none). ' +
        'Choose a named one: alpaca, vicuna, chatml, llama2.',
    );
  }
  const render: TemplateRule['render'] = (messages, options) =>
    renderChat(chatTemplate, messages, { ...options, bosToken, eosToken });
  const marked = markGenerationBlocks(chatTemplate);
  const renderBlocks: TemplateRule['renderBlocks'] = (messages) =>
    readGenerationBlocks(
      renderChat(marked as string, messages, { addGenerationPrompt: false, bosToken, eosToken }),
    );
  const answerTail = afterAnswer(render, []);
  return {
    render,
    ...(marked !== null && { renderBlocks }),
    jinja: chatTemplate,
    stop:
      answerTail.trim() === '' ? nextTurn(render, tokenizer) : endOfTurn(answerTail, tokenizer.specialTokens),
    answerTail,
  };
}

/** The text after an answer in a rendered exchange, with further messages. */
function afterAnswer(render: TemplateRule['render'], further: readonly Message[]): string {
  const exchange: Message[] = [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: PROBE },
  ];
  const rendered = render([...exchange, ...further], { addGenerationPrompt: false });
  return rendered.slice(rendered.lastIndexOf(PROBE) + PROBE.length);
}

/**
 * What ends an answer where the template ends the last one with nothing: the special token that it renders before the next turn. Qwen 1.5
 * ends all answers but the last; GLM begins each turn with a token, at which generation stops.
 */
function nextTurn(
  render: TemplateRule['render'],
  { specialTokens, bosToken }: Pick<Tokenizer, 'specialTokens' | 'bosToken'>,
): string[] {
  const next = afterAnswer(render, [{ role: 'user', content: 'q' }]).trimStart();
  const special = specialTokens.filter((token) => token !== bosToken && next.startsWith(token));
  return special.sort((a, b) => b.length - a.length).slice(0, 1);
}

/**
 * What ends an answer: a special token (Llama 3 ends turns with one that is not EOS), or text
 * when the tokenizer has no such token (ChatML on a model without its tokens).
 */
function endOfTurn(answerTail: string, specialTokens: readonly string[]): string[] {
  const after = answerTail.trimStart();
  const special = specialTokens
    .filter((token) => after.startsWith(token))
    .sort((a, b) => b.length - a.length);
  const [text] = after.split('\n');
  return (special.length > 0 ? special : [text.trimEnd()]).filter(Boolean).slice(0, 1);
}
