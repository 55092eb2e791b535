import { type Delimiters, splitSystem, type TemplateRule } from './chat-template';
import { quoted, refuseLateSystem, systemOr } from './jinja';

const PREAMBLE =
  'Below is an instruction that describes a task. Write a response that appropriately completes the request.';
const PREAMBLE_WITH_INPUT =
  'Below is an instruction that describes a task, paired with an input that provides further context. ' +
  'Write a response that appropriately completes the request.';

/**
 * Stanford Alpaca (tatsu-lab/stanford_alpaca, train.py); the target is the output + EOS. A system message replaces the
 * preamble. The original has one turn; further turns repeat the headings.
 */
export function alpaca({ bos, eos }: Delimiters): TemplateRule {
  return {
    stop: ['### Instruction:'],
    answerTail: eos,
    jinja:
      `{{ ${quoted(bos)} }}${systemOr(PREAMBLE)}{% for message in messages %}${refuseLateSystem('alpaca')}` +
      `{% if message['role'] == 'assistant' %}{{ ${quoted('\n\n### Response:')} + message['content'] + ${quoted(eos)} }}` +
      `{% elif message['role'] == 'user' %}{{ ${quoted('\n\n### Instruction:\n')} + message['content'] }}{% endif %}{% endfor %}` +
      `{% if add_generation_prompt %}{{ ${quoted('\n\n### Response:')} }}{% endif %}`,
    render(messages, { addGenerationPrompt }) {
      const { system, turns } = splitSystem(messages, 'alpaca');
      const withInput = turns[0]?.parts !== undefined && turns[0].parts.input !== '';
      let text = `${bos}${system ?? (withInput ? PREAMBLE_WITH_INPUT : PREAMBLE)}`;
      for (const { role, content, parts } of turns) {
        if (role === 'assistant') text += `\n\n### Response:${content}${eos}`;
        else if (parts?.input)
          text += `\n\n### Instruction:\n${parts.instruction}\n\n### Input:\n${parts.input}`;
        else text += `\n\n### Instruction:\n${content}`;
      }
      return addGenerationPrompt ? `${text}\n\n### Response:` : text;
    },
  };
}
