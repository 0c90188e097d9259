import { stringify } from 'yaml';
import { withAction } from '../registry/seed.ts';
import { SweepError } from './errors.ts';

type Wanted = { readonly id: string; readonly points: number; readonly parallel: number };

/** Most jobs of a matrix: https://docs.github.com/en/actions/reference/limits */
const MOST_JOBS = 256;

/**
 * A workflow with a job for each point, started by hand; runs append to the log that all share.
 *
 * @param file path of `sweep.yaml` in the repository @param action `registry.action`
 * @throws {SweepError} for more points than a matrix has jobs @throws {ConfigError} without an action
 */
export function sweepWorkflow({ id, points, parallel }: Wanted, file: string, action: string | null): string {
  if (points > MOST_JOBS) throw new SweepError(`${points} points, but a matrix has ${MOST_JOBS} jobs at most`);
  if (!/^[\w./-]+$/.test(file))
    throw new SweepError(`${file}: name the file in letters, digits, dots, dashes and slashes`);
  const jobs = Array.from({ length: points }, (_, i) => i).join(', ');
  return withAction(
    `# The sweep ${id}: a job for each of its points. Written by \`pawl sweep ${file} --executor github\`.
name: sweep

on: workflow_dispatch

permissions: {}

concurrency:
  group: sweep

jobs:
  point:
    runs-on: ubuntu-24.04
    timeout-minutes: 350
    # Holds the secrets; let only main deploy to it.
    environment: training
    permissions:
      contents: read # to read data and settings
    strategy:
      fail-fast: false
      max-parallel: ${parallel}
      matrix:
        point: [${jobs}]
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: pawl-action
      - name: Train
        env:
          POINT: \${{ matrix.point }}
          PAWL_REGISTRY_APP_ID: \${{ vars.PAWL_APP_ID || 'null' }}
          PAWL_SECRET_APP_KEY: \${{ secrets.PAWL_APP_KEY }}
          PAWL_SECRET_FORGE_TOKEN: \${{ secrets.PAWL_FORGE_TOKEN }}
        run: pawl sweep point ${file} --index "$POINT" --id ${id}
`,
    action,
  );
}

/** What a Job needs that no setting says. */
export type JobOptions = {
  readonly image: string;
  /** Texts of the files that the Job mounts. */
  readonly settings: string;
  readonly sweep: string;
  /** Of a Secret whose keys become variables: the log's credentials. */
  readonly secret: string | null;
};

/**
 * An Indexed Job (https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode) with a completion for each
 * point, and the ConfigMap it reads. The index reaches `pawl sweep point` as JOB_COMPLETION_INDEX.
 */
export function sweepJob({ id, points, parallel }: Wanted, { image, settings, sweep, secret }: JobOptions): string {
  const name = `pawl-sweep-${id}`;
  const labels = { 'app.kubernetes.io/name': 'pawl', 'app.kubernetes.io/instance': name };
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels },
    data: { 'pawl.yaml': settings, 'sweep.yaml': sweep },
  };
  const container = {
    name: 'point',
    image,
    workingDir: '/work',
    command: ['pawl', '--config', '/settings/pawl.yaml', 'sweep', 'point', '/settings/sweep.yaml', '--id', id],
    ...(secret && { envFrom: [{ secretRef: { name: secret } }] }),
    volumeMounts: [
      { name: 'settings', mountPath: '/settings', readOnly: true },
      { name: 'work', mountPath: '/work' },
    ],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels },
    spec: {
      completions: points,
      parallelism: Math.min(parallel, points),
      completionMode: 'Indexed',
      backoffLimitPerIndex: 1,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          containers: [container],
          volumes: [
            { name: 'settings', configMap: { name } },
            { name: 'work', emptyDir: {} },
          ],
        },
      },
    },
  };
  return [configMap, job].map((document) => stringify(document)).join('---\n');
}
