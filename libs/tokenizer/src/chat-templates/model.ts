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
  const render: TemplateRule['render'] = (messages, { addGenerationPrompt }) =>
    renderChat(chatTemplate, messages, { addGenerationPrompt, bosToken, eosToken });
  const marked = markGenerationBlocks(chatTemplate);
  const renderBlocks: TemplateRule['renderBlocks'] = (messages) =>
    readGenerationBlocks(
      renderChat(marked as string, messages, { addGenerationPrompt: false, bosToken, eosToken }),
    );
  const answerTail = tailOf(render);
  return {
    render,
    ...(marked !== null && { renderBlocks }),
    jinja: chatTemplate,
    stop: endOfTurn(answerTail, tokenizer.specialTokens),
    answerTail,
  };
}

/** The text after an answer in a rendered exchange. */
function tailOf(render: TemplateRule['render']): string {
  const rendered = render(
    [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: PROBE },
    ],
    { addGenerationPrompt: false },
  );
  return rendered.slice(rendered.lastIndexOf(PROBE) + PROBE.length);
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
