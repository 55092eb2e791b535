import { type Delimiters, splitSystem, type TemplateRule } from './chat-template';
import { quoted } from './jinja';

const ALTERNATE = 'chat template llama2: user and assistant must alternate, user first.';

/** LLaMA-2 chat (meta-llama/llama, generation.py): the system text inside the first user turn, BOS before each exchange. */
export function llama2({ bos, eos }: Delimiters): TemplateRule {
  return {
    stop: ['[INST]'],
    answerTail: ` ${eos}`,
    jinja:
      `{% if messages[0]['role'] == 'system' %}{% set turns = messages[1:] %}` +
      `{% set heading = ${quoted('<<SYS>>\n')} + messages[0]['content'] + ${quoted('\n<</SYS>>\n\n')} %}` +
      `{% else %}{% set turns = messages %}{% set heading = '' %}{% endif %}{% for message in turns %}` +
      `{% if message['role'] != ('user' if loop.index0 % 2 == 0 else 'assistant') %}{{ raise_exception(${quoted(ALTERNATE)}) }}{% endif %}` +
      `{% if message['role'] == 'user' %}{{ ${quoted(`${bos}[INST] `)} + (heading if loop.first else '') + message['content'] + ' [/INST]' }}` +
      `{% else %}{{ ' ' + message['content'] + ${quoted(` ${eos}`)} }}{% endif %}{% endfor %}`,
    render(messages) {
      const { system, turns } = splitSystem(messages, 'llama2');
      let text = '';
      turns.forEach(({ role, content }, index) => {
        const expected = index % 2 === 0 ? 'user' : 'assistant';
        if (role !== expected) {
          throw new Error(
            `chat template llama2: turn ${index + 1} is the ${role}'s; user and assistant must alternate, user first.`,
          );
        }
        const heading = index === 0 && system !== null ? `<<SYS>>\n${system}\n<</SYS>>\n\n` : '';
        text += role === 'user' ? `${bos}[INST] ${heading}${content} [/INST]` : ` ${content} ${eos}`;
      });
      return text;
    },
  };
}
