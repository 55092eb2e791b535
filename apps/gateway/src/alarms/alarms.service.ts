import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { EVENTS, type EventOf } from '@open-chatgpt/events';
import { OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { z } from 'zod';
import { apiSchemas, identifier, time } from '../api/schemas';
import { DocumentStore } from '../documents/document-store';

const { name, severity, message, runId, stage, details } = EVENTS['alarm.raised'].data.shape;

export const alarmSchema = z
  .object({
    alarmId: z.string(),
    createdAt: time,
    raisedBy: z.string().describe('the service'),
    name,
    severity,
    message,
    runId,
    stage,
    details,
  })
  .register(apiSchemas, { id: 'Alarm' });

type Alarm = z.output<typeof alarmSchema>;

/** Keeps the alarms that were raised. */
@Injectable()
export class AlarmsService {
  private readonly alarms: DocumentStore<Alarm>;

  constructor(@Inject(OBJECT_STORE) objects: ObjectStore) {
    this.alarms = new DocumentStore(objects, 'gateway/alarms');
  }

  all(): Promise<Alarm[]> {
    return this.alarms.all();
  }

  /** @param event may come twice */
  async learn({ id, time, source, data }: EventOf<'alarm.raised'>): Promise<void> {
    // An id of somebody else's making may be no name for a document.
    const alarmId = identifier.safeParse(id).success ? id : createHash('sha256').update(id).digest('hex');
    await this.alarms.create(alarmId, { alarmId, createdAt: time, raisedBy: source, ...data });
  }
}
