import { availableParallelism } from 'node:os';
import { installTensorflow } from '../training/backends/tensorflow/install.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { refuse } from './refuse.ts';

export const backendInstall: Command<Workspace> = {
  details:
    'Unpacks @tensorflow/tfjs-node from npm without running its scripts, compiles its addon against the libraries of the Python package (2.12 or newer, Linux; a C++ compiler is needed), and tries it: a product, a derivative, speed. Keeps everything in the user’s cache folder.',
  json: true,
  flags: [
    { flags: '--python <program>', description: 'the Python whose TensorFlow to use (default: python3)' },
    { flags: '--tensorflow <dir>', description: 'folder of TensorFlow itself, instead of --python' },
    { flags: '--gpu', description: 'fail if TensorFlow finds no GPU' },
  ],
  examples: [
    ['pawl backend install', 'on the TensorFlow of python3'],
    ['pawl backend install --python venv/bin/python --gpu', 'on that of another Python, with its CUDA'],
  ],
  async run(invocation) {
    const { out, flags, workspace } = invocation;
    const folder = text(invocation, 'tensorflow');
    if (folder !== undefined)
      refuse(invocation, ['--python'], 'no Python is asked where --tensorflow names the folder');
    const options = {
      python: text(invocation, 'python') ?? 'python3',
      gpu: flags.gpu === true,
      threads: workspace.config.training.workers || availableParallelism(),
      ...(folder === undefined ? {} : { folder: workspace.here(folder) }),
    };
    const done: string[] = [];
    const installed = await installTensorflow(options, (line) => done.push(line));
    out.result(installed, () => done.map((line) => `✔ ${line}`).join('\n'));
    return 0;
  },
};
