import { posix } from 'node:path';
import { stringify } from 'yaml';
import { SweepError } from './errors.ts';
import type { Wanted } from './wanted.ts';

/** What a Job needs besides the points. */
export type JobOptions = {
  readonly image: string;
  /** Texts of the files that the Job mounts. */
  readonly settings: string;
  readonly sweep: string;
  /** Of a Secret whose keys become variables: the log's credentials. */
  readonly secret: string | null;
  /** A PersistentVolumeClaim, and the folder of the project where it is mounted. */
  readonly volume: { readonly claim: string; readonly folder: string } | null;
  /** Of all pods together. */
  readonly memoryMegabytes: number | null;
  /** Threads, and so processors, of a pod. */
  readonly cpus: number;
};

/** Where a pod has the project: the image's files, the ConfigMap's files, and room for state. */
export const PROJECT = '/project';

/** ConfigMaps hold a mebibyte. */
const MOST_BYTES = 1_000_000;
const DAY_SECONDS = 86_400;
/** Not root; any other user will do. */
const USER = 1000;
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * An Indexed Job (https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode) with a completion for
 * each point, and the ConfigMap it reads. The index reaches `pawl sweep point` as JOB_COMPLETION_INDEX. A pod may write
 * only below `.pawl` and `/tmp`, and these are lost with the pod.
 *
 * @throws {SweepError} for names that Kubernetes does not accept, and for files that are too large
 */
export function sweepJob(wanted: Wanted, options: JobOptions): string {
  const { settings, sweep, secret, volume } = options;
  if (settings.length + sweep.length > MOST_BYTES)
    throw new SweepError(`settings and sweep have more than ${MOST_BYTES} characters: a ConfigMap cannot hold them`);
  for (const name of [secret, volume?.claim])
    if (name && !NAME.test(name))
      throw new SweepError(`${name} is no name of an object: lower case, digits, dots, dashes`);
  const metadata = metadataOf(wanted);
  const data = { 'pawl.yaml': settings, 'sweep.yaml': sweep };
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, immutable: true, data };
  return [configMap, jobOf(wanted, options)]
    .map((document) => stringify(document, { aliasDuplicateObjects: false }))
    .join('---\n');
}

function metadataOf({ id }: Wanted) {
  const name = `pawl-sweep-${id}`;
  return { name, labels: { 'app.kubernetes.io/name': 'pawl', 'app.kubernetes.io/instance': name } };
}

function jobOf(wanted: Wanted, options: JobOptions) {
  const { points, parallel } = wanted;
  const metadata = metadataOf(wanted);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: {
      completions: points,
      parallelism: Math.min(parallel, points),
      completionMode: 'Indexed',
      backoffLimitPerIndex: 1,
      ttlSecondsAfterFinished: DAY_SECONDS,
      podFailurePolicy: {
        rules: [
          // Wrong settings are not worth a retry.
          { action: 'FailIndex', onExitCodes: { containerName: 'point', operator: 'In', values: [2] } },
          // A node that disappeared says nothing about the point.
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      template: { metadata: { labels: metadata.labels }, spec: podOf(wanted, options) },
    },
  };
}

function podOf(wanted: Wanted, options: JobOptions) {
  const { volume } = options;
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 60,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [containerOf(wanted, options)],
    volumes: [
      { name: 'settings', configMap: { name: metadataOf(wanted).name } },
      { name: 'state', emptyDir: {} },
      { name: 'tmp', emptyDir: {} },
      ...(volume ? [{ name: 'data', persistentVolumeClaim: { claimName: volume.claim, readOnly: true } }] : []),
    ],
  };
}

function containerOf({ id, variables }: Wanted, { image, secret, volume, cpus, ...options }: JobOptions) {
  const file = (name: string) => ({ name: 'settings', mountPath: `${PROJECT}/${name}`, subPath: name, readOnly: true });
  return {
    name: 'point',
    image,
    workingDir: PROJECT,
    command: ['pawl', 'sweep', 'point', 'sweep.yaml', '--id', id],
    env: [['HOME', '/tmp'], ...variables].map(([name, value]) => ({ name, value: inert(value as string) })),
    ...(secret && { envFrom: [{ secretRef: { name: secret } }] }),
    resources: resourcesOf(cpus, options),
    volumeMounts: [
      file('pawl.yaml'),
      file('sweep.yaml'),
      { name: 'state', mountPath: `${PROJECT}/.pawl` },
      { name: 'tmp', mountPath: '/tmp' },
      ...(volume ? [{ name: 'data', mountPath: posix.resolve(PROJECT, volume.folder), readOnly: true }] : []),
    ],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

/** Kubernetes replaces `$(NAME)` in values. */
const inert = (text: string): string => text.replaceAll('$(', '$$$$(');

function resourcesOf(cpus: number, { memoryMegabytes }: Pick<JobOptions, 'memoryMegabytes'>) {
  const cpu = String(cpus);
  if (memoryMegabytes === null) return { requests: { cpu } };
  const memory = `${memoryMegabytes}Mi`;
  return { requests: { cpu, memory }, limits: { memory } };
}
