import { InvalidEvent } from '../invalid-event';
import { type IncomingMessage, JSON_TYPE, STRUCTURED_TYPE } from './message';

/** A CloudEvent as received: its attributes are not validated yet, and may include unknown extensions. */
export interface RawEvent {
  attributes: Record<string, unknown>;
  data: unknown;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws InvalidEvent that names the field when the bytes are not UTF-8 */
export function decodeText(value: string | Uint8Array, field: string): string {
  if (typeof value === 'string') return value;
  try {
    return utf8.decode(value);
  } catch {
    throw new InvalidEvent(field, 'expected UTF-8; found other bytes');
  }
}

function parseJson(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidEvent(field, `expected JSON: ${(error as Error).message}`);
  }
}

function decodeHeaders(headers: IncomingMessage['headers'] = {}): Map<string, string> {
  const decoded = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    // Kafka allows repeated headers; the last one counts.
    const last = typeof value === 'string' || value instanceof Uint8Array ? value : value.at(-1);
    if (last !== undefined) decoded.set(name.toLowerCase(), decodeText(last, `headers.${name}`));
  }
  return decoded;
}

/**
 * Decodes binary and structured content mode (CloudEvents Kafka protocol binding 1.0.2, 3.2 and 3.3).
 * @throws InvalidEvent when the message is neither, or not JSON
 */
export function decodeMessage({ headers, value }: IncomingMessage): RawEvent {
  const decoded = decodeHeaders(headers);
  if (value === null) throw new InvalidEvent('value', 'expected an event; found a tombstone (null)');
  const text = decodeText(value, 'value');
  const contentType = decoded.get('content-type')?.split(';')[0].trim().toLowerCase();

  if (contentType === STRUCTURED_TYPE) {
    const event = parseJson(text, 'value');
    if (typeof event !== 'object' || event === null || Array.isArray(event)) {
      throw new InvalidEvent('value', 'expected a CloudEvent as a JSON object');
    }
    const { data, ...attributes } = event as Record<string, unknown>;
    return { attributes, data };
  }
  if (!decoded.has('ce_specversion') && !decoded.has('ce_type')) {
    const modes = `ce_* headers and content-type ${JSON_TYPE}, or content-type ${STRUCTURED_TYPE}`;
    throw new InvalidEvent('headers', `expected a CloudEvent: ${modes}; found content-type ${contentType}`);
  }
  if (contentType !== undefined && contentType !== JSON_TYPE) {
    throw new InvalidEvent('headers.content-type', `expected ${JSON_TYPE}; found ${contentType}`);
  }
  const attributes = Object.fromEntries(
    [...decoded].filter(([name]) => name.startsWith('ce_')).map(([name, text]) => [name.slice(3), text]),
  );
  return { attributes, data: parseJson(text, 'value') };
}
