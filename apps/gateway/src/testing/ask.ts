export interface Answered {
  status: number;
  /** Of its content. */
  type: string | null;
  body: Record<string, unknown>;
}

/** What a gateway answers, in JSON. */
export async function askGateway(
  url: string,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<Answered> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const type = response.headers.get('content-type');
  return { status: response.status, type, body: (await response.json()) as Record<string, unknown> };
}
