import { isAbsolute, normalize } from 'node:path';
import { withAction } from '../registry-setup/seed.ts';
import { SweepError } from './errors.ts';
import type { Wanted } from './wanted.ts';

/** Most jobs of a matrix: https://docs.github.com/en/actions/reference/limits */
const MOST_JOBS = 256;

/** The workflow takes these from the repository's own variables. */
const ITS_OWN = ['PAWL_REGISTRY_APP_ID'];

type Place = {
  /** Paths in the repository; null if there is no settings file. */
  readonly sweep: string;
  readonly settings: string | null;
  /** Whether artifacts go to a bucket, for which jobs need a key. */
  readonly bucket: boolean;
};

/**
 * A workflow with a job for each point, started by hand; runs append to one shared log.
 *
 * @param action `registry.action`
 * @throws {SweepError} for more points than a matrix has jobs, and for what a workflow cannot express
 * @throws {ConfigError} without an action
 */
export function sweepWorkflow(wanted: Wanted, { sweep, settings, bucket }: Place, action: string | null): string {
  const { id, points, parallel } = wanted;
  if (points > MOST_JOBS)
    throw new SweepError(
      `${points} points, but a matrix has ${MOST_JOBS} jobs at most: try fewer, or --executor kubernetes`,
    );
  const config = settings === null || settings === 'pawl.yaml' ? '' : ` --config ${plain(settings)}`;
  const jobs = Array.from({ length: points }, (_, i) => i).join(', ');
  const more = [...variableLines(wanted), ...(bucket ? BUCKET : [])].map((line) => `\n          ${line}`).join('');
  return withAction(
    `# The sweep ${id}: a job for each of its points. Written by \`pawl sweep ${plain(sweep)} --executor github\`.
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
      - uses: owner/pawl/.github/actions/pawl@0000000000000000000000000000000000000000
      - name: Train
        env:
          POINT: \${{ matrix.point }}
          PAWL_REGISTRY_APP_ID: \${{ vars.PAWL_APP_ID || 'null' }}
          PAWL_SECRET_APP_KEY: \${{ secrets.PAWL_APP_KEY }}
          PAWL_SECRET_FORGE_TOKEN: \${{ secrets.PAWL_FORGE_TOKEN }}${more}
        run: pawl${config} sweep point ${plain(sweep)} --index "$POINT" --id ${id}
`,
    action,
  );
}

const BUCKET = [
  'AWS_ACCESS_KEY_ID: $' + '{{ secrets.AWS_ACCESS_KEY_ID }}',
  'AWS_SECRET_ACCESS_KEY: $' + '{{ secrets.AWS_SECRET_ACCESS_KEY }}',
];

function variableLines({ variables }: Wanted): string[] {
  return variables
    .filter(([name]) => !ITS_OWN.includes(name))
    .map(([name, text]) => {
      if (text.includes('$' + '{{')) throw new SweepError(`${name}: put it into pawl.yaml; GitHub would compute it`);
      return `${name}: ${JSON.stringify(text)}`;
    });
}

/** A path in the repository that needs no quoting in a shell or in YAML. @throws {SweepError} */
function plain(path: string): string {
  const normal = normalize(path);
  if (isAbsolute(path) || normal.startsWith('..'))
    throw new SweepError(`${path} lies outside this folder: jobs have the repository alone`);
  if (!/^[\w.][\w./-]*$/.test(normal))
    throw new SweepError(`${path}: name the file in letters, digits, dots, dashes and slashes`);
  return normal;
}
