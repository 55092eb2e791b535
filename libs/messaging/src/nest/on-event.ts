import { type ArgumentsHost, applyDecorators, Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { contractOf, type EventOf, type EventType } from '@open-chatgpt/events';
import { type Observable, throwError } from 'rxjs';
import type { MessageContext } from '../delivery/retrying-handler';

/** Nest would put "Internal server error" in place of what went wrong, which the dead letter must name. */
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
 * Handles the events of a type. When what the method returns fails, the event is tried again, and at last becomes a
 * dead letter; its offset is committed when the promise resolved or the observable completed. To be given the context
 * too, a method names both: `(@Payload() event, @Ctx() context)`.
 * @throws InvalidEvent when there is no such type
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
