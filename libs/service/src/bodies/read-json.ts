import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import {
  BadRequestException,
  PayloadTooLargeException,
  RequestTimeoutException,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { parseJson } from '@open-chatgpt/untrusted';

const DECOMPRESS = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) };

/** Whether the head of a request announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'transfer-encoding': chunked, 'content-length': length = '0' } = headers;
  return chunked !== undefined || length !== '0';
}

/**
 * Reads the body of a request, which is JSON in UTF-8.
 * @param most bytes of the body, and of its content when it is compressed
 * @param seconds in which the body has to arrive
 * @throws HttpException with status 400, 408, 413 or 415
 */
export async function readJson(request: IncomingMessage, most: number, seconds: number): Promise<unknown> {
  const text = decode(await decompressed(request, await arriving(request, most, seconds), most));
  try {
    return parseJson(text, 'body');
  } catch (error) {
    throw new BadRequestException((error as Error).message);
  }
}

async function arriving(request: IncomingMessage, most: number, seconds: number): Promise<Buffer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new RequestTimeoutException(`the body did not arrive within ${seconds} s`);
    timer = setTimeout(() => reject(error), seconds * 1000);
  });
  try {
    return await Promise.race([bytesOf(request, most), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function bytesOf(request: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The response needs the connection, which leaving the loop would otherwise end.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > most) break;
      chunks.push(chunk);
    }
  } catch {
    throw new BadRequestException('the connection ended before the body was complete');
  }
  if (size <= most) return Buffer.concat(chunks);
  request.resume();
  throw tooLarge(most);
}

async function decompressed(request: IncomingMessage, bytes: Buffer, most: number): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return bytes;
  if (!Object.hasOwn(DECOMPRESS, encoding))
    throw new UnsupportedMediaTypeException(
      `expected content-encoding: gzip, deflate or br; found ${encoding}`,
    );
  try {
    return await DECOMPRESS[encoding as keyof typeof DECOMPRESS](bytes, { maxOutputLength: most });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(most);
    throw new BadRequestException(`the body is not ${encoding}: ${(error as Error).message}`);
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BadRequestException('the body is not JSON in UTF-8');
  }
}

export function tooLarge(most: number): PayloadTooLargeException {
  return new PayloadTooLargeException(`the body is too large: at most ${most} bytes are accepted`);
}
