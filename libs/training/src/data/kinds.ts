/** The kind of dataset that gives the rows of each role. */
export const kinds = { instructions: 'supervised', pairs: 'preference', prompts: 'prompts' } as const;
