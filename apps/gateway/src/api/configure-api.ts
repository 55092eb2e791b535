import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import { MetricsService } from '@open-chatgpt/service';
import type { NextFunction, Request, Response } from 'express';
import { openApiDocument } from './openapi';
import { measureRequests } from './request-metrics';

/** Adds the metrics of all requests, and the documentation with its page. */
export function configureApi(app: NestExpressApplication): void {
  app.use(measureRequests(app.get(MetricsService)));
  app.use('/docs', allowOwnScripts);
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Open-ChatGPT control API',
  });
}

/** The page of the documentation has scripts and styles, its own. */
function allowOwnScripts(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader(
    'content-security-policy',
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  );
  response.removeHeader('cache-control');
  next();
}
