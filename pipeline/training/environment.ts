import { availableParallelism, hostname } from 'node:os';
import type { EventData } from '../../events/catalogue.ts';
import { version } from '../package-info.ts';

/** The machine and program of a run. */
export const environment = (): EventData<'TrainingRunStarted'>['environment'] => ({
  pawl: version,
  node: process.versions.node,
  platform: process.platform,
  arch: process.arch,
  cpus: availableParallelism(),
  host: hostname(),
  pid: process.pid,
});
