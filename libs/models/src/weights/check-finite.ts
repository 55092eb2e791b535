import { ModelFileError } from './model-file-error';

/**
 * Every reader of weights calls this, so that no command loads, quantizes, merges or hashes such values.
 *
 * @param where the file, and the tensor by its name there
 * @throws ModelFileError when the values of a tensor contain NaN or infinity, which every result would become
 */
export function checkFinite(where: string, values: Float32Array): void {
  let wrong = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) wrong++;
  if (wrong === 0) return;
  throw new ModelFileError(
    where,
    `${wrong} of ${values.length} values are not finite (NaN or infinity); the file is damaged or the training diverged. ` +
      'Download or export the model again',
  );
}
