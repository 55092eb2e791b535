import { z } from 'zod';

/**
 * Building blocks of the configuration fields: each returns a schema with bounds, default and description,
 * so that a stage's config reads as a table. Every number has an upper bound.
 */
export const count = (fallback: number, most: number, description: string, least = 1) =>
  z.int().min(least).max(most).default(fallback).describe(description);

/**
 * Upper bounds of what becomes a loop or memory. Others may submit these numbers: larger ones are a mistake, and would stop
 * the process before anything is computed.
 */
export const MOST = {
  /** Steps, iterations and intervals between them. */
  steps: 100_000_000,
  /** Rows of a dataset that are held in memory. */
  rows: 100_000_000,
  /** Rows in one pass, and passes to a step. */
  batch: 65_536,
  /** Tokens in a row, and positions of a model. */
  tokens: 1_048_576,
  /** Tokens of a vocabulary. */
  vocabulary: 1_048_576,
  /** Held-out prompts that are answered. */
  samples: 10_000,
  /** Passes over the same data. */
  epochs: 10_000,
} as const;

/** Bound of factors and rates, which are only multiplied: greater ones give no finite loss in float32. */
export const LARGEST = 1e9;

/** A number in [low, high]. */
export const within = (low: number, high: number, fallback: number, description: string) =>
  z.number().min(low).max(high).default(fallback).describe(description);

/** A number in [0, 1): decay rates and momenta, for which 1 would never forget. */
export const decay = (fallback: number, description: string) =>
  z.number().min(0).lt(1).default(fallback).describe(description);

export const positive = (fallback: number, description: string) =>
  z.number().gt(0).max(LARGEST).default(fallback).describe(description);

export const nonNegative = (fallback: number, description: string) =>
  z.number().min(0).max(LARGEST).default(fallback).describe(description);

export const flag = (fallback: boolean, description: string) =>
  z.boolean().default(fallback).describe(description);
