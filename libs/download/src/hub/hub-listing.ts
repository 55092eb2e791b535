import { z } from 'zod';

const listingSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{7,64}$/),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().nullish(),
      lfs: z.object({ sha256: z.string() }).nullish(),
    }),
  ),
});

/** The commit and files of a repository in the hub's format; undefined when the text has another format. */
export function parseListing(text: string): z.output<typeof listingSchema> | undefined {
  try {
    return listingSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
