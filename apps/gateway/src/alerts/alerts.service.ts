import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EVENTS, type EventOf } from '@open-chatgpt/events';
import { identifier, time } from '@open-chatgpt/orchestration';
import { z } from 'zod';
import { apiSchemas } from '../api/schemas';
import type { DocumentStore } from '../documents/document-store';
import { Documents } from '../documents/documents';

const { name, severity, message, runId, stage, details } = EVENTS['alert.raised'].data.shape;

export const alertSchema = z
  .object({
    alertId: z.string(),
    createdAt: time,
    raisedBy: z.string().describe('service that raised it'),
    name,
    severity,
    message,
    runId,
    stage,
    details,
  })
  .register(apiSchemas, { id: 'Alert' });

type Alert = z.output<typeof alertSchema>;

/** Stores the alerts that services raise. */
@Injectable()
export class AlertsService {
  private readonly alerts: DocumentStore<Alert>;

  constructor(documents: Documents) {
    this.alerts = documents.collection('gateway/alerts', alertSchema);
  }

  all(): Promise<Alert[]> {
    return this.alerts.all();
  }

  /** Idempotent: an event may be delivered twice. */
  async apply({ id, time, source, data }: EventOf<'alert.raised'>): Promise<void> {
    // An event of another system may have an id that is not a valid document id.
    const alertId = identifier.safeParse(id).success ? id : createHash('sha256').update(id).digest('hex');
    await this.alerts.create(alertId, { alertId, createdAt: time, raisedBy: source, ...data });
  }
}
