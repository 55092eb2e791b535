export { BASE_SPECIAL_TOKENS, buildTokenizer } from './build-tokenizer';
export { type ChatTemplate, ChatTemplateError } from './chat-templates/chat-template';
export { CHAT_TEMPLATE_NAMES, type ChatTemplateName, chatTemplate } from './chat-templates/chat-templates';
export { disagreements, endingAs } from './chat-templates/end-tokens';
export { completeTokenizerConfig } from './complete-config';
export { learnedTurns } from './conversation-text';
export { decodeSpan } from './decode-span';
export { encodeChat, encodeContinuation } from './encode-chat';
export {
  type AnswerTokens,
  type EncodedConversation,
  encodeConversation,
  type NotLearnedReason,
} from './encode-conversation';
export { ggufTokenizer } from './gguf/gguf-tokenizer';
export type { GgufMetadataEntry } from './gguf/metadata-entry';
export { tokenizerMetadata } from './gguf/tokenizer-metadata';
export { jsonProblem } from './json-problem';
export { learnMerges } from './learn-merges';
export { loadTokenizer } from './load-tokenizer';
export type { Message, Role, ToolCall } from './message';
export { sentencePieceFiles } from './sentencepiece/sentencepiece-files';
export { createTextStream, type TextStream } from './text-stream';
export { tokenBytes } from './token-bytes';
export { TextTooLong, type Tokenizer, type TokenizerFiles } from './tokenizer';
export { toolsRefusal } from './tools-refusal';
export { byteLevelJson } from './vocabulary-files';
