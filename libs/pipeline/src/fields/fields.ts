import { z } from 'zod';

/**
 * Building blocks of the configuration fields: each returns a schema with bounds, default and description,
 * so that a stage's config reads as a table.
 */
export const count = (fallback: number, description: string, least = 1) =>
  z.int().min(least).default(fallback).describe(description);

/** A size, which others may submit: larger ones are a mistake, and would take all memory before anything is computed. */
export const size = (fallback: number, most: number, description: string) =>
  z.int().min(1).max(most).default(fallback).describe(description);

/** A number in [low, high]. */
export const within = (low: number, high: number, fallback: number, description: string) =>
  z.number().min(low).max(high).default(fallback).describe(description);

/** A number in [0, 1): decay rates and momenta, for which 1 would never forget. */
export const decay = (fallback: number, description: string) =>
  z.number().min(0).lt(1).default(fallback).describe(description);

export const positive = (fallback: number, description: string) =>
  z.number().gt(0).default(fallback).describe(description);

export const nonNegative = (fallback: number, description: string) =>
  z.number().min(0).default(fallback).describe(description);

export const flag = (fallback: boolean, description: string) =>
  z.boolean().default(fallback).describe(description);
