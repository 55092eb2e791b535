import { byteLevelJson } from '@open-chatgpt/tokenizer';

/** The files of a tokenizer with one token a byte. GPT-2's alphabet has one printable character for each byte. */
export function bytesAsTokens() {
  const isPrintable = (byte) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  const tokens = Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : next++),
  );
  const vocab = Object.fromEntries([...tokens, END].map((token, id) => [token, id]));
  const tokenizerConfig = { bos_token: END, eos_token: END, pad_token: END, chat_template: CHAT_TEMPLATE };
  const json = byteLevelJson({ vocab, merges: '', config: tokenizerConfig, addedTokens: {}, qwen: false });
  return { tokenizerJson: json, tokenizerConfig };
}

const END = '<|endoftext|>';
const CHAT_TEMPLATE =
  "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}";
