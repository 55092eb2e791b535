import { type Delimiters, splitSystem, type TemplateRule } from './chat-template';

/** LLaMA-2 chat (meta-llama/llama, generation.py): the system text inside the first user turn, BOS before each exchange. */
export function llama2({ bos, eos }: Delimiters): TemplateRule {
  return {
    stop: ['[INST]'],
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
