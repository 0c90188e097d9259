import { UsageError } from '../operations/not-found.ts';
import { idOf } from '../sweep/identity.ts';
import { readSweep } from '../sweep/read.ts';
import { SWEEP_EXECUTORS } from '../sweep/wanted.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { refuse } from './refuse.ts';
import { sweepElsewhere } from './sweep-elsewhere.ts';
import { sweepHere } from './sweep-here.ts';

const OF_CLUSTERS = ['--image', '--secret', '--volume'];

const EXAMPLE = `A file that tries ten pairs of settings, two at a time, within 4 GB:

  trainer: nbsvm
  parameters:
    cost: { from: 10, to: 1000, log: true }  # or a list: [10, 100, 1000]
    order: [2, 3]
  search: { kind: random, points: 10 }       # or kind: grid; its ranges need steps: 5
  parallel: 2
  memoryMegabytes: 4000`;

export const sweep: Command<Workspace> = {
  details: `${EXAMPLE}

All names and values are checked before anything runs. If a sweep was stopped, or some points failed, the same command continues it: points that have a completed run are not run again. A sweep does not use the test rows. --promote-best trains the best point on all training rows and lets the gate judge it. Other executors write a workflow or manifest that runs the points on other machines, with a log that all machines share; then this command sees their runs. Exit code 1 if a point failed or the gate refused the best.`,
  json: true,
  arguments: [{ name: 'file', description: 'sweep.yaml' }],
  flags: [
    { flags: '--executor <kind>', description: `${SWEEP_EXECUTORS.join(', ')} (default local)` },
    { flags: '--out <file>', description: 'other executors: where to write the workflow or manifest' },
    { flags: '--image <name>', description: 'kubernetes: the image that has pawl, node and git' },
    {
      flags: '--secret <name>',
      description: 'kubernetes: a Secret whose keys become variables, such as the log’s credentials',
    },
    {
      flags: '--volume <claim=folder>',
      description: 'kubernetes: a PersistentVolumeClaim with data, mounted read-only at a folder of the project',
    },
    { flags: '--promote-best', description: 'afterwards train the best point on all training rows, and promote it' },
  ],
  examples: [
    ['pawl sweep sweep.yaml', 'run the points that have no completed run'],
    ['pawl sweep sweep.yaml --promote-best', 'and let the gate judge the best'],
    ['pawl sweep sweep.yaml --executor github', 'write a workflow with a job for each point'],
    ['pawl sweep sweep.yaml --executor kubernetes --image registry.example/pawl:1 --out job.yaml', 'for a cluster'],
  ],
  async run(invocation) {
    const [file = ''] = invocation.args;
    const found = readSweep(file, invocation.workspace.loaded.request.folder);
    const id = idOf(invocation.workspace.config, found);
    const executor = text(invocation, 'executor') ?? 'local';
    if (executor !== 'local' && executor !== 'github' && executor !== 'kubernetes')
      throw new UsageError(`--executor is ${SWEEP_EXECUTORS.join(', ')}, not ${executor}`);
    if (executor !== 'kubernetes') refuse(invocation, OF_CLUSTERS, 'only for --executor kubernetes');
    if (executor === 'local') {
      refuse(invocation, ['--out'], 'only for --executor github or kubernetes, which write a file');
      return sweepHere(invocation, file, found, id);
    }
    if (invocation.flags.promoteBest === true)
      throw new UsageError(
        `--promote-best comes after the points have run: then call pawl sweep ${file} --promote-best`,
      );
    return sweepElsewhere(invocation, { file, found, id, executor });
  },
};
