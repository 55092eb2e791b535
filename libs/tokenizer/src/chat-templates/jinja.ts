/** A text as a Jinja expression. Texts are written so, never bare: a newline after a tag would be dropped. */
export const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n')}'`;

/** Refuses a system turn that is not the first message, as `splitSystem` does. */
export const refuseLateSystem = (template: string): string =>
  `{% if message['role'] == 'system' and not loop.first %}{{ raise_exception(${quoted(
    `chat template ${template}: a system message stands after the first turn; it can only be the first message.`,
  )}) }}{% endif %}`;

/** The content of the leading system turn, or what stands in its place. */
export const systemOr = (text: string): string =>
  `{{ messages[0]['content'] if messages[0]['role'] == 'system' else ${quoted(text)} }}`;
