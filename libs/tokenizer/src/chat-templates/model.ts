import { renderChat } from '../render-chat';
import type { Tokenizer } from '../tokenizer';
import type { TemplateRule } from './chat-template';

const PROBE = 'ANSWERPROBE';

/** The model's own template, from its tokenizer_config.json. Throws when it has none. */
export function modelTemplate(
  tokenizer: Pick<Tokenizer, 'chatTemplate' | 'bosToken' | 'eosToken' | 'specialTokens'>,
): TemplateRule {
  const { chatTemplate, bosToken, eosToken } = tokenizer;
  if (chatTemplate === null) {
    throw new Error(
      'chat template "model": tokenizer_config.json has no "chat_template" (a base model has none). ' +
        'Name one instead: alpaca, vicuna, chatml, llama2.',
    );
  }
  const render: TemplateRule['render'] = (messages, { addGenerationPrompt }) =>
    renderChat(chatTemplate, messages, { addGenerationPrompt, bosToken, eosToken });
  return { render, stop: endOfTurn(render, tokenizer.specialTokens) };
}

/** The special token that follows an answer, read off a rendered exchange: Llama 3 ends turns with one that is not EOS. */
function endOfTurn(render: TemplateRule['render'], specialTokens: readonly string[]): string[] {
  const text = render(
    [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: PROBE },
    ],
    { addGenerationPrompt: false },
  );
  const after = text.slice(text.lastIndexOf(PROBE) + PROBE.length).trimStart();
  return specialTokens.filter((token) => after.startsWith(token)).slice(0, 1);
}
