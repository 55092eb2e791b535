import { BadRequestException } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

/** Refuses a request with several Host headers: a proxy may have checked another one of them than the service does. */
export function requireOneHost(request: Request, _response: Response, next: NextFunction): void {
  const found = request.headersDistinct['host']?.length ?? 0;
  next(found > 1 ? new BadRequestException(`expected one Host header; found ${found}`) : undefined);
}
