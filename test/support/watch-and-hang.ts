import { TrainingRepository } from '../../pipeline/source/repository.git.ts';
import { watch } from '../../pipeline/triggers/watch.ts';
import { LIMITS, recordRun, workspaceIn } from './watched.ts';

// A watch whose run begins and never ends; the test that started this kills it. Arguments: workspace folder,
// repository.

const [folder = '', repository = ''] = process.argv.slice(2);
const workspace = workspaceIn(folder);
await watch(
  workspace,
  {
    repository: new TrainingRepository(repository),
    branch: 'main',
    paths: [],
    limits: LIMITS,
    everyMs: 10,
    once: true,
  },
  {
    run: async (_, __, trigger) => {
      await recordRun(workspace, trigger, null);
      process.stdout.write('begun\n');
      await new Promise(() => setInterval(() => {}, 1000));
    },
    follow: async () => {},
    say: () => {},
    signal: new AbortController().signal,
  },
);
