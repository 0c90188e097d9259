import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withAction } from '../../pipeline/registry-setup/seed.ts';
import { sweepWorkflow } from '../../pipeline/sweep/github.ts';
import { root } from '../support/paths.ts';
import type { Rules } from './lint.ts';

const ACTION = `owner/pawl@${'0123456789'.repeat(4)}`;

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const rendered = (path: string): string => withAction(read(path), ACTION);

/** Every workflow there is, as it will run, and what it must keep. */
export const workflows: readonly { readonly path: string; readonly text: string; readonly rules: Rules }[] = [
  {
    path: '.github/workflows/ci.yml',
    text: read('.github/workflows/ci.yml'),
    rules: { triggers: ['push', 'pull_request'] },
  },
  {
    path: '.github/workflows/nightly.yml',
    text: read('.github/workflows/nightly.yml'),
    rules: { triggers: ['schedule', 'workflow_dispatch'] },
  },
  {
    path: '.github/workflows/release.yml',
    text: read('.github/workflows/release.yml'),
    rules: { triggers: ['push'], writes: { publish: ['id-token'] }, environments: { publish: 'npm' } },
  },
  {
    path: '.github/workflows/train.yml',
    text: read('.github/workflows/train.yml'),
    rules: { triggers: ['push', 'workflow_dispatch'], environments: { train: 'training' } },
  },
  {
    path: 'pipeline/init/train.yml',
    text: rendered('pipeline/init/train.yml'),
    rules: { triggers: ['push', 'workflow_dispatch'], environments: { train: 'training' } },
  },
  {
    path: 'registry-repo/seed/.github/workflows/promotion-gate.yml',
    text: rendered('registry-repo/seed/.github/workflows/promotion-gate.yml'),
    rules: { triggers: ['workflow_dispatch'], environments: { publish: 'gate' }, gate: true },
  },
  {
    path: 'registry-repo/seed/.github/workflows/gate-relay.yml',
    text: rendered('registry-repo/seed/.github/workflows/gate-relay.yml'),
    rules: {
      triggers: ['pull_request_target', 'pull_request_review'],
      types: {
        pull_request_target: ['opened', 'synchronize', 'reopened', 'ready_for_review'],
        pull_request_review: ['submitted'],
      },
      writes: { relay: ['actions'] },
      gate: true,
    },
  },
];

const sweep = { id: '0123456789ab', points: 3, parallel: 2, variables: [['PAWL_MODEL', 'sentiment']] } as const;

/** Those that are no file here, but written on demand. */
export const written: typeof workflows = [
  {
    path: 'sweep.yml',
    text: sweepWorkflow(sweep, { sweep: 'sweep.yaml', settings: 'pawl.yaml', bucket: true }, ACTION),
    rules: { triggers: ['workflow_dispatch'], environments: { point: 'training' } },
  },
];

/** The action that workflows run Pawl from. */
export const action = { path: '.github/actions/pawl/action.yml', text: read('.github/actions/pawl/action.yml') };
