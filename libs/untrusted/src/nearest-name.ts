import { distance } from 'fastest-levenshtein';

/** Letters and digits only, so that `learning_rate`, `learning-rate` and `LearningRate` all equal `learningRate`. */
function normalized(name: string): string {
  return name.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();
}

const LONGEST_NAME = 100;

/** The known name that was probably meant, or null when none is near (within a third of its length). */
export function nearestName(name: string, known: readonly string[]): string | null {
  if (name.length > LONGEST_NAME) return null;
  const wanted = normalized(name);
  const [nearest] = known
    .map((candidate) => ({ candidate, edits: distance(wanted, normalized(candidate)) }))
    .sort((a, b) => a.edits - b.edits);
  if (!nearest) return null;
  const { candidate, edits } = nearest;
  return edits <= Math.max(1, Math.floor(candidate.length / 3)) ? candidate : null;
}
