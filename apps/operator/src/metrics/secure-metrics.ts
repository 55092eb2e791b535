import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { hostname } from 'node:os';
import type { KubeLogger } from '@open-chatgpt/kube';
import { type Certificate, selfSigned } from './certificate';
import type { ReviewedAccess } from './reviewed-access';

export interface SecureMetricsOptions {
  host: string;
  /** 0 selects a free one. */
  port: number;
  /** Files with the certificate and its key; by default the process signs one itself. */
  files?: { cert: string; key: string };
  access: ReviewedAccess;
  metrics: () => Promise<{ contentType: string; body: string }>;
  logger: KubeLogger;
}

/** Serves the metrics by HTTPS to those whom the API server lets read `/metrics`. */
export class SecureMetrics {
  private readonly server: Server;

  constructor(private readonly options: SecureMetricsOptions) {
    const { files } = options;
    this.server = createServer({ minVersion: 'TLSv1.2', ...certificateOf(files) }, (request, response) => {
      this.answer(request, response).catch((err) => {
        options.logger.warn({ err }, 'The metrics cannot be read');
        response.writeHead(503).end();
      });
    });
    // cert-manager writes another certificate before the old one runs out.
    if (files) watchFile(files.cert, { interval: 60_000, persistent: false }, () => this.renew(files));
  }

  /** @returns its port */
  async start(): Promise<number> {
    const { port, host, logger } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, resolve);
    });
    const address = this.server.address() as { port: number };
    logger.info({ metricsPort: address.port }, 'The metrics are served by HTTPS');
    return address.port;
  }

  stop(): void {
    if (this.options.files) unwatchFile(this.options.files.cert);
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url?.split('?')[0];
    if (method !== 'GET' || path !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const status = await this.options.access.statusOf(headers.authorization, path);
    if (status !== 200) {
      response.writeHead(status, status === 401 ? { 'www-authenticate': 'Bearer' } : {}).end();
      return;
    }
    const { contentType, body } = await this.options.metrics();
    response.writeHead(200, { 'content-type': contentType }).end(body);
  }

  private renew(files: { cert: string; key: string }): void {
    try {
      this.server.setSecureContext(certificateOf(files));
    } catch (err) {
      this.options.logger.warn({ err }, `The certificate in ${files.cert} cannot be used; the old one stays`);
    }
  }
}

function certificateOf(files: { cert: string; key: string } | undefined): Certificate {
  if (!files) return selfSigned(hostname());
  return { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
}
