import type { Server } from 'node:http';
import type { ServiceConfig } from '../config/service-config';
import type { MetricsService } from '../metrics/metrics.service';

/** Longest time until the head of a request has arrived, and its body when nothing reads it. */
const HEAD_SECONDS = 15;
const DISCARDED_BODY_SECONDS = 60;

/**
 * Longer than proxies keep an idle connection, most of them 60 s: a request that a proxy sends while the server closes the
 * connection is lost, and one that changes something is not repeated.
 */
const IDLE_SECONDS = 75;

/** Bounds the connections of a server, and the time that each may take to send a request. */
export function limitConnections(
  server: Server,
  { maxConnections, bodySeconds }: ServiceConfig,
  metrics: MetricsService,
): void {
  server.maxConnections = maxConnections;
  server.keepAliveTimeout = IDLE_SECONDS * 1000;
  server.headersTimeout = HEAD_SECONDS * 1000;
  server.requestTimeout = (HEAD_SECONDS + Math.max(bodySeconds, DISCARDED_BODY_SECONDS)) * 1000;
  const dropped = metrics.counter(
    'http_connections_dropped_total',
    'Connections that were closed because the service had as many as it may.',
  );
  server.on('drop', () => dropped.inc());
}
