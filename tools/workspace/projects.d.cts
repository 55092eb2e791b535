/** A project of the workspace; names come without their scope. */
export interface Project {
  name: string;
  folder: string;
  dependencies: string[];
  devDependencies: string[];
  testInputs: string[];
}

export function projects(): Project[];
