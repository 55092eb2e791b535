import type { NestExpressApplication } from '@nestjs/platform-express';
import { MetricsService, serveDocumentation } from '@open-chatgpt/service';
import { controlApi } from './openapi';
import { measureRequests } from './request-metrics';

/** Adds the metrics of all requests, and the documentation with its page. */
export function configureApi(app: NestExpressApplication): void {
  app.use(measureRequests(app.get(MetricsService)));
  serveDocumentation(app, controlApi);
}
