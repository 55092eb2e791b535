import { STATUS_CODES } from 'node:http';
import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { RequireScope, type Scope } from '@open-chatgpt/service';
import { z } from 'zod';
import { apiSchemas, problem } from './schemas';

export interface EndpointOptions {
  summary: string;
  scope: Scope;
  /** Status of success; 200 by default. */
  status?: number;
  body?: z.ZodType;
  query?: z.ZodObject;
  response?: z.ZodType;
  /** Content type of the response; JSON by default. */
  type?: string;
  /** Statuses of errors that are specific to the endpoint. */
  errors?: readonly number[];
}

/** Declares the scope that an endpoint needs, and its operation in the OpenAPI document. */
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

/** A reference to a named schema, or the schema itself. */
function reference(schema: z.ZodType) {
  const named = apiSchemas.get(schema);
  return named ? { $ref: componentUri(named.id) } : plainSchema(schema);
}

function plainSchema(schema: z.ZodType) {
  const { $schema, ...plain } = z.toJSONSchema(schema, { io: 'input' });
  return JSON.parse(JSON.stringify(plain));
}

export const componentUri = (id: string): string => `#/components/schemas/${id}`;
