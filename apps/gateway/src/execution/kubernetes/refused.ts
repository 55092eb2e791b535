import {
  ConflictException,
  ForbiddenException,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { KubeError } from '@open-chatgpt/kube';
import { type FieldError, InvalidRequest } from '../../api/validation';

/** The HTTP error for a request that the API server refuses or does not answer. */
function asProblem(error: unknown): unknown {
  if (!KubeError.is(error)) return error;
  switch (error.reason) {
    case 'Invalid':
    case 'BadRequest':
      return new InvalidRequest(fieldsOf(error));
    // Beside missing rights of the gateway: a quota of the namespace, or a policy of the cluster.
    case 'Forbidden':
      return new ForbiddenException(`the cluster refuses: ${messageOf(error)}`);
    case 'Conflict':
      return new ConflictException('the resource has changed; try again');
    case 'NotFound':
      return new NotFoundException(messageOf(error));
    case 'Unavailable':
    case 'Timeout':
      return new ServiceUnavailableException(
        'the API server of the cluster does not answer; try again later',
      );
    // For example a node that does not hand out a log.
    default:
      return error.retryable
        ? new ServiceUnavailableException(`the cluster cannot answer now: ${messageOf(error)}`)
        : error;
  }
}

function fieldsOf(error: KubeError): FieldError[] {
  // The API server also says that it has not checked the rest, as a cause without a field.
  const fields = error.causes
    .filter(({ field }) => field !== '<nil>')
    .map(({ field = 'spec', message }) => ({ field: field.replace(/^spec\b/, 'pipeline'), message }));
  return fields.length > 0 ? fields : [{ field: 'pipeline', message: messageOf(error) }];
}

/** Without the name of the call, which means nothing to the client. */
const messageOf = ({ message }: KubeError): string => message.slice(message.indexOf(': ') + 2);

/** Executes calls for a client. @throws HttpException */
export async function forClient<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asProblem(error);
  }
}
