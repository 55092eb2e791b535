import type { Delimiters, TemplateRule } from './chat-template';
import { quoted } from './jinja';

/** ChatML (OpenAI; Qwen, SmolLM2 and others). */
export function chatml({ bos }: Delimiters): TemplateRule {
  return {
    stop: ['<|im_end|>'],
    answerTail: '<|im_end|>\n',
    jinja:
      `{{ ${quoted(bos)} }}{% for message in messages %}` +
      `{{ '<|im_start|>' + message['role'] + ${quoted('\n')} + message['content'] + ${quoted('<|im_end|>\n')} }}{% endfor %}` +
      `{% if add_generation_prompt %}{{ ${quoted('<|im_start|>assistant\n')} }}{% endif %}`,
    render(messages, { addGenerationPrompt }) {
      const turns = messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
      return `${bos}${turns.join('')}${addGenerationPrompt ? '<|im_start|>assistant\n' : ''}`;
    },
  };
}
