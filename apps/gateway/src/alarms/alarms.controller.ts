import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { pageFrom, pageOf, pageQuery } from '../api/page';
import { apiSchemas } from '../api/schemas';
import { validated } from '../api/validated';
import { AlarmsService, alarmSchema } from './alarms.service';

const listQuery = pageQuery.extend({
  severity: alarmSchema.shape.severity.optional(),
  runId: z.string().optional(),
});
const alarmPage = pageOf(alarmSchema).register(apiSchemas, { id: 'AlarmPage' });

@ApiTags('alarms')
@Controller('v1/alarms')
export class AlarmsController {
  constructor(private readonly alarms: AlarmsService) {}

  @Get()
  @Endpoint({ summary: 'What needs a person', scope: 'read', query: listQuery, response: alarmPage })
  async list(
    @Query(validated(listQuery, 'query')) query: z.output<typeof listQuery>,
  ): Promise<z.output<typeof alarmPage>> {
    const alarms = (await this.alarms.all()).filter(
      ({ severity, runId }) =>
        (!query.severity || severity === query.severity) && (!query.runId || runId === query.runId),
    );
    return pageFrom(alarms, query, ({ alarmId }) => alarmId);
  }
}
