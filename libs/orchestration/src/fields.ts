import { EVENTS } from '@open-chatgpt/events';
import { z } from 'zod';

/** The fields that runs and pipelines share; ids and references follow the rules of the events. */
export const identifier = EVENTS['run.requested'].data.shape.runId;
export const stage = EVENTS['run.requested'].data.shape.stage;
export const algorithm = EVENTS['run.requested'].data.shape.algorithm;
export const dataref = EVENTS['model.published'].data.shape.manifest.clone();

export const status = z.enum(['waiting', 'running', 'completed', 'failed', 'cancelled']);

/** RFC 3339. */
export const time = z.iso.datetime();
