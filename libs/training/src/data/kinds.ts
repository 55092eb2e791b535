/** The kind of dataset that gives the rows of each role. */
export const kinds = {
  instructions: 'supervised',
  pairs: 'preference',
  labels: 'unpaired',
  prompts: 'prompts',
} as const;
