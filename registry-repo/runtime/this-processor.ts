import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  flagsOfCpuinfo,
  flagsOfSysctl,
  PRETENDED,
  type Processor,
  type ProcessorFacts,
  processorOf,
} from './processor.ts';

const CPUINFO = '/proc/cpuinfo';
const SYSCTL_MS = 2000;
let known: ProcessorFacts | undefined;

/** The processor of this machine, as far as its operating system tells. It is read once. */
export function thisProcessor(env: NodeJS.ProcessEnv = process.env): Processor {
  known ??= { architecture: process.arch, flags: flags() };
  return processorOf(known, env[PRETENDED]);
}

/** Null, which means `unknown`, if the system tells nothing. */
function flags(): ProcessorFacts['flags'] {
  try {
    if (process.platform === 'linux') return flagsOfCpuinfo(readFileSync(CPUINFO, 'utf8'));
    if (process.platform === 'darwin' && process.arch === 'x64') {
      const names = ['machdep.cpu.features', 'machdep.cpu.leaf7_features'];
      return flagsOfSysctl(
        execFileSync('/usr/sbin/sysctl', ['-n', ...names], { encoding: 'utf8', timeout: SYSCTL_MS }),
      );
    }
  } catch {
    // no /proc, or no sysctl
  }
  return null;
}
