import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { EVENTS, type EventOf } from '@open-chatgpt/events';
import { identifier, time } from '@open-chatgpt/orchestration';
import { OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { z } from 'zod';
import { apiSchemas } from '../api/schemas';
import { DocumentStore } from '../documents/document-store';

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

  constructor(@Inject(OBJECT_STORE) objects: ObjectStore) {
    this.alerts = new DocumentStore(objects, 'gateway/alerts');
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
