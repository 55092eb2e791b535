import { createHash } from 'node:crypto';

/** The API group and version of the custom resources. */
export const GROUP = 'open-chatgpt.io';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Labels and annotations of ours, on resources and on what the operator makes for them. */
export const labels = {
  pipeline: `${GROUP}/pipeline`,
  pipelineId: `${GROUP}/pipeline-id`,
  run: `${GROUP}/run`,
  /** On the Job of a JobSet, whose owner is not the run: the uid of the run. */
  runUid: `${GROUP}/run-uid`,
  runId: `${GROUP}/run-id`,
  stage: `${GROUP}/stage`,
  role: `${GROUP}/role`,
  /** The ModelServer that a pod belongs to. */
  server: `${GROUP}/server`,
  /** The Model that a pod imports. */
  model: `${GROUP}/model`,
  /** On a Job: how often the run had been resumed when it was made. */
  resumed: `${GROUP}/resumed`,
} as const;

/**
 * Set by `openchat resume` and by people (`kubectl annotate`): a new value makes the operator execute a failed pipeline or run
 * again, from its last checkpoint.
 */
export const RESUME_ANNOTATION = `${GROUP}/resume`;

/** The value of a label, which has at most 63 characters. */
export const labelValue = (text: string): string =>
  text.length <= 63
    ? text
    : `${text.slice(0, 54)}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
