import { withoutSandbox } from '../../registry-repo/model-process/isolation.ts';
import { scoreInProcess } from '../../registry-repo/scoring/score.process.ts';

// A gate that waits for a scoring that never ends, until the gate is killed.

await scoreInProcess(new URL('./score.stuck.js', import.meta.url), { isolation: withoutSandbox })({
  folder: process.argv[2] as string,
  seconds: 60,
  megabytes: 1000,
});
