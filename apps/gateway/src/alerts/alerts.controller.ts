import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { pageFrom, pageOf, pageQuery } from '../api/pagination';
import { apiSchemas } from '../api/schemas';
import { validated } from '../api/validation';
import { AlertsService, alertSchema } from './alerts.service';

const listQuery = pageQuery.extend({
  severity: alertSchema.shape.severity.optional(),
  runId: z.string().optional(),
});
const alertPage = pageOf(alertSchema).register(apiSchemas, { id: 'AlertPage' });

@ApiTags('alerts')
@Controller('v1/alerts')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  @Get()
  @Endpoint({ summary: 'Alerts of the platform', scope: 'read', query: listQuery, response: alertPage })
  async list(
    @Query(validated(listQuery, 'query')) query: z.output<typeof listQuery>,
  ): Promise<z.output<typeof alertPage>> {
    const alerts = (await this.alerts.all()).filter(
      ({ severity, runId }) =>
        (!query.severity || severity === query.severity) && (!query.runId || runId === query.runId),
    );
    return pageFrom(alerts, query, ({ alertId }) => alertId);
  }
}
