import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
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
  endWithLastAnswer(server);
}

/**
 * When the server closes, ends each connection as soon as it has no request. Node itself waits for those that answer at that time until
 * they have been idle for IDLE_SECONDS, and for those on which nothing was asked yet without end: clients open some in advance.
 */
function endWithLastAnswer(server: Server): void {
  const requests = new Map<Socket, number>();
  let closing = false;
  const endIfIdle = (socket: Socket) => {
    if (closing && requests.get(socket) === 0) socket.destroySoon();
  };
  server.on('connection', (socket: Socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
    endIfIdle(socket);
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (requests.get(socket) ?? 1) - 1;
      if (requests.has(socket)) requests.set(socket, left);
      endIfIdle(socket);
    });
  });
  // There is no event for the beginning of the end.
  const close = server.close.bind(server);
  server.close = (callback) => {
    closing = true;
    close(callback);
    for (const socket of requests.keys()) endIfIdle(socket);
    return server;
  };
}
