import { buildTokenizer, type TokenizerFiles } from '@open-chatgpt/tokenizer';

const PRINTABLE = ['\n', ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))];

const HERMES =
  "{% for tool in tools or [] %}{{ '<|system|>' + (tool | tojson) }}{% endfor %}" +
  "{% for m in messages %}{{ '<|' + ('user' if m.role == 'tool' else m.role) + '|>' + (m.content or '') }}" +
  "{% for c in m.tool_calls or [] %}{{ '<tool_call>\\n' + (c.function | tojson) + '\\n</tool_call>' }}{% endfor %}" +
  "{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/** A token for each character of ASCII, and a chat template that shows tools and calls as Hermes does. */
export function hermesTokenizer(): TokenizerFiles {
  const files = buildTokenizer(PRINTABLE);
  return { ...files, tokenizerConfig: { ...files.tokenizerConfig, chat_template: HERMES } };
}
