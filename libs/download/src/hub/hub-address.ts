/** Which hub to use, from the environment. */
export interface HubAddress {
  /** Ends with a slash. */
  base: URL;
  /** Carries the token that private and gated repositories require. */
  headers: Record<string, string>;
  /** No request may be sent. */
  offline: boolean;
}

/**
 * Reads HF_ENDPOINT (a mirror), HF_TOKEN and HF_HUB_OFFLINE, as Hugging Face's own programs do.
 * @throws Error when HF_ENDPOINT is not a URL
 */
export function hubAddress(env: Readonly<Record<string, string | undefined>>): HubAddress {
  const endpoint = (env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/(?<!\/)\/*$/, '/');
  if (!URL.canParse(endpoint))
    throw new Error(`HF_ENDPOINT is "${env['HF_ENDPOINT']}"; expected a URL such as https://huggingface.co`);
  const token = env['HF_TOKEN'];
  return {
    base: new URL(endpoint),
    headers: token ? { authorization: `Bearer ${token}` } : {},
    offline: env['HF_HUB_OFFLINE'] === '1',
  };
}
