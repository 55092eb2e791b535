import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import { MetricsService } from '@open-chatgpt/service';
import type { NextFunction, Request, Response } from 'express';
import { openApiDocument } from './openapi';
import { measureRequests } from './request-metrics';

/** Adds the middleware that runs before every route (metrics and headers) and the documentation. */
export function configureApi(app: NestExpressApplication): void {
  app.use(measureRequests(app.get(MetricsService)));
  app.use(secureHeaders);
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Open-ChatGPT control API',
  });
}

/** Responses are data and must not be cached or shown as a page. Only the documentation has scripts, its own. */
function secureHeaders({ path }: Request, response: Response, next: NextFunction): void {
  const page = path === '/docs' || path.startsWith('/docs/');
  response.setHeader(
    'content-security-policy',
    page
      ? "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
      : "default-src 'none'; frame-ancestors 'none'",
  );
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  response.setHeader('referrer-policy', 'no-referrer');
  if (!page) response.setHeader('cache-control', 'no-store');
  next();
}
