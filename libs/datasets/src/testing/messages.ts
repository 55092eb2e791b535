export const system = (content: string) => ({ role: 'system', content });
export const user = (content: string) => ({ role: 'user', content });
export const assistant = (content: string) => ({ role: 'assistant', content });

/** A conversation that the user begins. */
export const turns = (...contents: string[]) =>
  contents.map((content, i) => (i % 2 === 0 ? user(content) : assistant(content)));

/** Messages in the layout of ShareGPT. */
export const asShareGpt = (messages: readonly { role: string; content: string }[]) =>
  messages.map(({ role, content }) => ({ from: role === 'user' ? 'human' : 'gpt', value: content }));
