import { type Delimiters, splitSystem, type TemplateRule } from './chat-template';
import { quoted, refuseLateSystem, systemOr } from './jinja';

const SYSTEM =
  'A chat between a curious user and an artificial intelligence assistant. ' +
  "The assistant gives helpful, detailed, and polite answers to the user's questions.";

/** Vicuna 1.1 (lm-sys/FastChat, conversation.py `vicuna_v1.1`: a space after each user turn, EOS after each answer). */
export function vicuna({ bos, eos }: Delimiters): TemplateRule {
  return {
    stop: ['USER:'],
    answerTail: eos,
    jinja:
      `{{ ${quoted(bos)} }}${systemOr(SYSTEM)}{{ ' ' }}{% for message in messages %}${refuseLateSystem('vicuna')}` +
      `{% if message['role'] == 'user' %}{{ 'USER: ' + message['content'] + ' ' }}` +
      `{% elif message['role'] == 'assistant' %}{{ 'ASSISTANT: ' + message['content'] + ${quoted(eos)} }}{% endif %}{% endfor %}` +
      `{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}`,
    render(messages, { addGenerationPrompt }) {
      const { system, turns } = splitSystem(messages, 'vicuna');
      let text = `${bos}${system ?? SYSTEM} `;
      for (const { role, content } of turns) {
        text += role === 'user' ? `USER: ${content} ` : `ASSISTANT: ${content}${eos}`;
      }
      return addGenerationPrompt ? `${text}ASSISTANT:` : text;
    },
  };
}
