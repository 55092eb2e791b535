import { type ArgumentsHost, applyDecorators, Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { contractOf, type EventOf, type EventType } from '@open-chatgpt/events';
import { type Observable, throwError } from 'rxjs';
import type { MessageContext } from '../delivery/retrying-handler';

/** Keeps the handler's error, which the dead letter must name. Nest would replace it by "Internal server error". */
@Catch()
class KeepError implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

export type EventHandler<T extends EventType> = (
  event: EventOf<T>,
  context: MessageContext,
) => Promise<unknown> | Observable<unknown>;

/**
 * Marks a method that handles the events of a type. When the promise or observable that it returns fails, the event is
 * retried, and after the last attempt it becomes a dead letter. Its offset is committed when the promise resolves or the
 * observable completes. To receive the context too, declare both parameters: `(@Payload() event, @Ctx() context)`.
 * @throws InvalidEvent when the type does not exist
 */
export function OnEvent<T extends EventType>(type: T) {
  const { type: pattern } = contractOf(type);
  const decorate = applyDecorators(EventPattern(pattern), UseFilters(KeepError));
  return <Handler extends EventHandler<T>>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<Handler>,
  ): void => decorate(target, name, descriptor);
}
