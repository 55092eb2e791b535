/** A text as a Jinja expression. Jinja would drop a newline of plain text after a tag. */
export const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n')}'`;

/** Rejects a system turn that is not the first message, like `splitSystem`. */
export const refuseLateSystem = (template: string): string =>
  `{% if message['role'] == 'system' and not loop.first %}{{ raise_exception(${quoted(
    `chat template ${template}: a system message after the first turn is not supported; it must be the first message.`,
  )}) }}{% endif %}`;

/** The content of the leading system turn, or a default text. */
export const systemOr = (text: string): string =>
  `{{ messages[0]['content'] if messages[0]['role'] == 'system' else ${quoted(text)} }}`;
