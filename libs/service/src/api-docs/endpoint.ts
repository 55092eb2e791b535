import { STATUS_CODES } from 'node:http';
import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { RequireScope } from '../access/require-scope';
import type { Scope } from '../access/scopes';

/** What the endpoints of an API have in common. */
export interface ApiDescription {
  /** The named schemas: the components of the OpenAPI document. */
  schemas: ReturnType<typeof z.registry<{ id: string }>>;
  /** The body of an error, and its content type. */
  error: z.ZodType;
  errorType: string;
}

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

/** Makes the decorator that declares the scope that an endpoint needs, and its operation in the OpenAPI document. */
export const endpointsOf =
  (api: ApiDescription) =>
  (options: EndpointOptions): MethodDecorator => {
    const { summary, scope, status = 200, body, query, response, errors = [] } = options;
    const type = options.type ?? 'application/json';
    const reference = (schema: z.ZodType) => referenceIn(api, schema);
    const described = Object.entries(query?.shape ?? {}).map(([name, field]) =>
      ApiQuery({
        name,
        required: false,
        schema: plainSchema(field),
        description: z.globalRegistry.get(field)?.description,
      }),
    );
    const problems = { content: { [api.errorType]: { schema: reference(api.error) } } };
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
  };

/** A reference to a named schema, or the schema itself. */
function referenceIn({ schemas }: ApiDescription, schema: z.ZodType) {
  const named = schemas.get(schema);
  return named ? { $ref: componentUri(named.id) } : plainSchema(schema);
}

function plainSchema(schema: z.ZodType) {
  const { $schema, ...plain } = z.toJSONSchema(schema, { io: 'input' });
  return JSON.parse(JSON.stringify(plain));
}

export const componentUri = (id: string): string => `#/components/schemas/${id}`;
