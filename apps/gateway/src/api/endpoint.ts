import { STATUS_CODES } from 'node:http';
import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { RequireScope, type Scope } from '@open-chatgpt/service';
import { z } from 'zod';
import { apiSchemas, problem } from './schemas';

export interface EndpointOptions {
  summary: string;
  scope: Scope;
  /** Of success; 200 by default. */
  status?: number;
  body?: z.ZodType;
  query?: z.ZodObject;
  response?: z.ZodType;
  /** Of the response; JSON by default. */
  type?: string;
  /** Statuses of the errors that are this endpoint's own. */
  errors?: readonly number[];
}

/** What a method of a controller is to its callers: the scope that it needs, and its place in the OpenAPI document. */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  const { summary, scope, status = 200, body, query, response, errors = [] } = options;
  const type = options.type ?? 'application/json';
  const described = Object.entries(query?.shape ?? {}).map(([name, field]) =>
    ApiQuery({
      name,
      required: false,
      schema: plainSchema(field),
      description: z.globalRegistry.get(field)?.description,
    }),
  );
  const problems = {
    content: { 'application/problem+json': { schema: reference(problem) } },
  };
  return applyDecorators(
    RequireScope(scope),
    HttpCode(status),
    ApiBearerAuth(),
    ApiOperation({ summary, description: `Needs the scope \`${scope}\`.` }),
    ...(body ? [ApiBody({ schema: reference(body), required: true })] : []),
    ...described,
    ApiResponse({
      status,
      description: STATUS_CODES[status],
      ...(response && { content: { [type]: { schema: reference(response) } } }),
    }),
    ...errors.map((error) => ApiResponse({ status: error, description: STATUS_CODES[error], ...problems })),
    ApiResponse({ status: 'default', description: 'An error', ...problems }),
  );
}

/** By name where the schema has one, else written out. */
function reference(schema: z.ZodType) {
  const named = apiSchemas.get(schema);
  return named ? { $ref: componentUri(named.id) } : plainSchema(schema);
}

function plainSchema(schema: z.ZodType) {
  const { $schema, ...plain } = z.toJSONSchema(schema, { io: 'input' });
  return JSON.parse(JSON.stringify(plain));
}

export const componentUri = (id: string): string => `#/components/schemas/${id}`;
