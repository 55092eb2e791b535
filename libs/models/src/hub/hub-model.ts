/** A model of the Hugging Face hub, as it is named. */
export interface HubModel {
  /** As "HuggingFaceTB/SmolLM2-135M". */
  id: string;
  revision: string;
}

const FORM = /^([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*?)(?:@([^/@\s]+))?$/;

/** Whether a name has the form `owner/name[@revision]`, which paths may have too. */
export const isHubModel = (text: string): boolean => FORM.test(text);

/** @throws Error when it is not of the form `owner/name[@revision]` */
export function parseHubModel(text: string): HubModel {
  const [, id, revision = 'main'] = FORM.exec(text) ?? [];
  if (id === undefined || id.includes('..'))
    throw new Error(`"${text}" names no model of the hub; expected owner/name or owner/name@revision`);
  return { id, revision };
}
