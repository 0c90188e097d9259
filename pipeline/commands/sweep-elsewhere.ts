import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { logRepository } from '../forge/log-repository.ts';
import { UsageError } from '../operations/not-found.ts';
import { asUser } from '../state-folder.ts';
import { SweepError } from '../sweep/errors.ts';
import { sweepWorkflow } from '../sweep/github.ts';
import { givenSettings } from '../sweep/given.ts';
import { PROJECT, sweepJob } from '../sweep/kubernetes.ts';
import { neededFiles } from '../sweep/needed-files.ts';
import type { Sweep } from '../sweep/read.ts';
import type { Wanted } from '../sweep/wanted.ts';
import type { Workspace } from '../workspace.ts';
import { writeOutput } from '../write-output.ts';
import { type Invocation, text } from './command.ts';

const WORKFLOW = '.github/workflows/sweep.yml';

type Target = {
  readonly file: string;
  readonly found: Sweep;
  readonly id: string;
  readonly executor: 'github' | 'kubernetes';
};

type Written = {
  readonly text: string;
  readonly path: string;
  readonly next: string;
  readonly needs: readonly string[];
};

/** Writes the files that run the points on other machines. */
export async function sweepElsewhere(invocation: Invocation<Workspace>, target: Target): Promise<number> {
  const { workspace, out } = invocation;
  requireShared(workspace);
  const { id, executor, found } = target;
  const wanted = {
    ...{ id, points: found.points.length, parallel: found.definition.parallel },
    variables: givenSettings(workspace.loaded.request),
  };
  const written =
    executor === 'github' ? forGitHub(invocation, wanted, target) : forCluster(invocation, wanted, target);
  const path = workspace.here(written.path);
  asUser(() => mkdirSync(dirname(path), { recursive: true }));
  await writeOutput(path, [written.text]);
  const { path: file, needs, next } = written;
  out.result({ sweep: id, points: wanted.points, executor, file, needs }, () =>
    [
      `wrote ${file}: ${wanted.points} points of sweep ${id}`,
      ...(needs.length > 0 ? [`the image must have in ${PROJECT}, for any user to read: ${needs.join(', ')}`] : []),
      `next: ${next}; what has run is shown by pawl runs compare --sweep ${id}`,
    ].join('\n'),
  );
  return 0;
}

/** @throws {SweepError} if log or artifacts would be lost with the machines that write them */
function requireShared(workspace: Workspace): void {
  const { events, artifacts } = workspace.config;
  const problems = [
    ...(events.store === 'sqlite'
      ? ['events.store is a file of this machine: set it to git']
      : URL.canParse(logRepository(workspace))
        ? []
        : [
            `the log’s repository ${logRepository(workspace)} is a folder of this machine: set events.repository to a URL`,
          ]),
    ...(artifacts.store === 'local'
      ? [
          'artifacts.store is a folder of each machine, and models would be gone with it: set it to s3 or github-releases',
        ]
      : []),
  ];
  if (problems.length > 0)
    throw new SweepError(`other machines share nothing with this one:\n  ${problems.join('\n  ')}`);
}

function forGitHub({ workspace, ...invocation }: Invocation<Workspace>, wanted: Wanted, { file }: Target): Written {
  const { loaded, config } = workspace;
  const { folder } = loaded.request;
  const top = repositoryAbove(folder);
  if (top !== null && top !== folder)
    throw new UsageError(`a workflow lies at the top of its repository: call this in ${top}, with paths from there`);
  const place = {
    sweep: isAbsolute(file) ? relative(folder, file) : file,
    settings: loaded.file === null ? null : relative(folder, loaded.file),
    bucket: config.artifacts.store === 's3',
  };
  return {
    text: sweepWorkflow(wanted, place, config.registry.action),
    path: text({ ...invocation, workspace }, 'out') ?? WORKFLOW,
    next: 'commit and push it, then: gh workflow run sweep.yml',
    needs: [],
  };
}

/** The folder that has `.git`, from here upwards; null outside a repository. */
function repositoryAbove(folder: string): string | null {
  if (existsSync(join(folder, '.git'))) return folder;
  return dirname(folder) === folder ? null : repositoryAbove(dirname(folder));
}

function forCluster(invocation: Invocation<Workspace>, wanted: Wanted, { file, found }: Target): Written {
  const { config, loaded } = invocation.workspace;
  const image = text(invocation, 'image');
  if (image === undefined || image.trim() !== image || image === '')
    throw new UsageError('give --image: what the Job runs pawl from');
  const { memoryMegabytes, parallel } = found.definition;
  const volume = volumeOf(text(invocation, 'volume'));
  const cpus = config.training.workers || 1;
  const path = text(invocation, 'out') ?? 'sweep-job.yaml';
  return {
    text: sweepJob(
      // Files of pods go to folders where pods may write; threads are as requested.
      {
        ...wanted,
        variables: [
          ...wanted.variables.filter(([name]) => !(name in IN_PODS)),
          ...Object.entries(IN_PODS),
          ['PAWL_TRAINING_WORKERS', String(cpus)],
        ],
      },
      {
        ...{ image, volume, cpus },
        settings: loaded.file === null ? '' : readFileSync(loaded.file, 'utf8'),
        sweep: readFileSync(invocation.workspace.here(file), 'utf8'),
        secret: text(invocation, 'secret') ?? null,
        memoryMegabytes:
          memoryMegabytes === null ? null : Math.floor(memoryMegabytes / Math.min(parallel, wanted.points)),
      },
    ),
    path,
    next: `kubectl apply -f ${path}`,
    needs: neededFiles(config.data, found.points, { root: loaded.root, volume: volume?.folder ?? null }),
  };
}

const IN_PODS: Readonly<Record<string, string>> = {
  PAWL_EVENTS_PATH: '.pawl/events.db',
  PAWL_EVENTS_VIEWS: '.pawl/views.db',
  PAWL_ARTIFACTS_PATH: '.pawl/artifacts',
  PAWL_REGISTRY_PATH: '.pawl/registry.git',
  PAWL_CACHE_PATH: '.pawl/cache',
};

/** @throws {UsageError} */
function volumeOf(given: string | undefined): { claim: string; folder: string } | null {
  if (given === undefined) return null;
  const [claim = '', folder = ''] = given.split('=');
  if (claim === '' || folder === '' || folder === '.')
    throw new UsageError(`--volume is a claim and a folder of the project, such as reviews=data, not ${given}`);
  return { claim, folder };
}
