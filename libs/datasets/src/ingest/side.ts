/** The two sides of a split. */
export const SIDES = ['train', 'eval'] as const;
export type Side = (typeof SIDES)[number];
