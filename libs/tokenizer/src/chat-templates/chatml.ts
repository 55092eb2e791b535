import type { Delimiters, TemplateRule } from './chat-template';

/** ChatML (OpenAI; Qwen, SmolLM2 and others). */
export function chatml({ bos }: Delimiters): TemplateRule {
  return {
    stop: ['<|im_end|>'],
    render(messages, { addGenerationPrompt }) {
      const turns = messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
      return `${bos}${turns.join('')}${addGenerationPrompt ? '<|im_start|>assistant\n' : ''}`;
    },
  };
}
