/** The name of a model of the Hugging Face hub. */
export interface HubModelName {
  /** Such as "HuggingFaceTB/SmolLM2-135M". */
  id: string;
  revision: string;
}

const FORM = /^([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*?)(?:@([^/@\s]+))?$/;

/** Whether a text has the form `owner/name[@revision]`. A relative path can have that form too. */
export const isHubModel = (text: string): boolean => FORM.test(text);

/** @throws Error when the text does not have the form `owner/name[@revision]` */
export function parseHubModelName(text: string): HubModelName {
  const [, id, revision = 'main'] = FORM.exec(text) ?? [];
  if (id === undefined || id.includes('..'))
    throw new Error(
      `"${text}" is not the name of a model of the hub; expected owner/name or owner/name@revision`,
    );
  return { id, revision };
}
