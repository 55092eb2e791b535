import { z } from 'zod';

/** A condition as Kubernetes has them (KEP-1623). */
const condition = z.strictObject({
  type: z.string().max(316),
  status: z.enum(['True', 'False', 'Unknown']),
  observedGeneration: z.int().min(0).optional(),
  lastTransitionTime: z.iso.datetime(),
  reason: z.string().min(1).max(1024).describe('PascalCase'),
  message: z.string().max(32768),
});

const conditions = z
  .array(condition)
  .max(32)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
  .describe('what is known of the resource, one condition a type');

/** The fields of every status. */
export const statusFields = {
  observedGeneration: z.int().min(0).optional().describe('generation of the spec that the status is about'),
  phase: z.string().max(64).optional().describe('one word for people; programs read the conditions'),
  conditions: conditions.optional(),
};

/** A reference to an object of the store with its hash, as in the events. */
export const datarefSchema = z.strictObject({
  uri: z.string().max(2048),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().min(0),
  version: z.string().max(128),
});

/** What never changes after the resource exists. */
export const immutable = {
  'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable; make a new resource' }],
};

/** An id in the store and in events. Optional ids are made from the name and the uid of the resource. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)
  .meta(immutable);

export interface Metadata {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: {
    apiVersion: string;
    kind: string;
    name: string;
    uid: string;
    controller?: boolean;
    blockOwnerDeletion?: boolean;
  }[];
}

/** A custom resource of ours as the API server returns it: defaults are filled in. */
export interface CustomResource<Kind extends string, Spec, Status> {
  apiVersion: string;
  kind: Kind;
  metadata: Metadata;
  spec: Spec;
  status?: Status;
}
