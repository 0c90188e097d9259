import { parseAllDocuments } from 'yaml';

/** The parts of a sweep's manifest that tests read. */
export type Container = {
  readonly name: string;
  readonly image: string;
  readonly workingDir: string;
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom?: readonly { readonly secretRef: { readonly name: string } }[];
  readonly resources: object;
  readonly volumeMounts: readonly Mount[];
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
};
export type Mount = {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
};
export type Volume = {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly emptyDir?: object;
  readonly persistentVolumeClaim?: { readonly claimName: string };
};
export type PodSpec = {
  readonly restartPolicy: string;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number; readonly runAsGroup: number };
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
};
type Rule = {
  readonly action: string;
  readonly onExitCodes?: { readonly operator: string; readonly values: readonly number[] };
};
export type Job = {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly completions: number;
    readonly parallelism: number;
    readonly completionMode: string;
    readonly backoffLimitPerIndex: number;
    readonly podFailurePolicy: { readonly rules: readonly Rule[] };
    readonly template: { readonly spec: PodSpec };
  };
};
export type ConfigMap = {
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
};

/** Reads the ConfigMap and the Job of a manifest. */
export function manifestOf(text: string): { readonly configMap: ConfigMap; readonly job: Job } {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as { kind: string });
  const one = (kind: string) => documents.find((d) => d.kind === kind) as unknown;
  return { configMap: one('ConfigMap') as ConfigMap, job: one('Job') as Job };
}
