import { availableParallelism } from 'node:os';
import { textTable } from '../table.ts';
import { type Trial, tryBackends } from '../training/backends/try.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const backendList: Command<Workspace> = {
  details:
    'Tries each backend in a separate process: a product, a derivative, and the speed of multiplying matrices. `auto` takes the first usable backend except webgpu, which is experimental.',
  json: true,
  examples: [['pawl backend list', 'is TensorFlow used, or only WebAssembly?']],
  async run({ out, workspace }) {
    const trials = await tryBackends(workspace.config.training.workers || availableParallelism());
    out.result(trials, () => table(trials));
    return 0;
  },
};

function table(trials: readonly Trial[]): string {
  const rows = trials.map((t) =>
    t.usable
      ? [t.name, 'usable', t.version, t.gflops.toFixed(t.gflops < 10 ? 1 : 0), t.gpu ? 'on the GPU' : '']
      : [t.name, t.absent ? 'not installed' : 'not usable', '–', '–', t.why],
  );
  return textTable(['backend', 'state', 'version', 'GFLOPS', ''], rows, [3]);
}
