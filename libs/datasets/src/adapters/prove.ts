/** Fewer rows prove no dataset: other files can have some rows of the same shape. */
export const PROVING_ROWS = 100;
