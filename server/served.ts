import type { VersionRef } from '../events/values.ts';
import type { Digest, ObjectId } from '../registry-repo/values.ts';
import type { Evaluation, ProvenVersion } from './registry.ts';

/** What is known of the version that answers. */
export type ServedModel = {
  readonly name: string;
  readonly version: number;
  readonly labels: readonly string[];
  readonly manifest: Digest;
  /** Digest of the ONNX file. */
  readonly model: Digest;
  /** The tip of the registry's main at which this version was last seen in production. */
  readonly commit: ObjectId;
  readonly verdict: Digest;
  readonly promotion: ProvenVersion['promotion'];
  /** Since when this server answers with it. */
  readonly since: Date;
  readonly run: { readonly id: string; readonly trainer: string };
  readonly claimed: Evaluation;
  readonly measured: Evaluation | null;
};

export const refOf = ({ version, manifest }: ServedModel): VersionRef => ({ version, manifest });
