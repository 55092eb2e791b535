export interface GatewayResponse {
  status: number;
  /** Content type. */
  type: string | null;
  body: Record<string, unknown>;
}

/** Sends a request to a gateway, and reads its JSON. */
export async function callGateway(
  url: string,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<GatewayResponse> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const type = response.headers.get('content-type');
  return { status: response.status, type, body: (await response.json()) as Record<string, unknown> };
}
