import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type RunReport, reportPolicy, reportSchema } from '@open-chatgpt/runs';
import type { Response } from 'express';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { apiSchemas } from '../api/schemas';
import { ReportsService } from './reports.service';

reportSchema.register(apiSchemas, { id: 'Report' });

@ApiTags('pipelines')
@Controller('v1/pipelines')
export class ReportsController {
  constructor(private readonly reports: ReportsService) {}

  @Get(':id/report')
  @Endpoint({
    summary: 'The report of a pipeline: figures, answers and warnings, also while it runs',
    scope: 'read',
    response: reportSchema,
    errors: [404],
  })
  report(@Param('id') id: string): Promise<RunReport> {
    return this.reports.report(id);
  }

  @Get(':id/report.html')
  @Endpoint({
    summary: 'The same report with its curves, as a page that opens offline',
    scope: 'read',
    response: z.string().describe('HTML'),
    type: 'text/html',
    errors: [404],
  })
  @Header('content-type', 'text/html; charset=utf-8')
  async page(@Param('id') id: string, @Res({ passthrough: true }) response: Response): Promise<string> {
    const page = await this.reports.page(id);
    response.setHeader('content-security-policy', `${reportPolicy()}; frame-ancestors 'none'`);
    return page;
  }
}
