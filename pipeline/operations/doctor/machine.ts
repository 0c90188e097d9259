import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkScratch } from '../../../registry-repo/gate/scratch.ts';
import { describeIsolation, isolationHere } from '../../../registry-repo/model-process/isolation.ts';
import { canBound, memoryLook } from '../../../registry-repo/model-process/resident.ts';
import { type ByteSums, describeProcessor } from '../../../registry-repo/runtime/processor.ts';
import { thisProcessor } from '../../../registry-repo/runtime/this-processor.ts';
import { type Answer, problem, warning } from '../../registry-setup/answer.ts';
import { STATE, stateProblem } from '../../state-folder.ts';
import type { Workspace } from '../../workspace.ts';

// Checks of `pawl doctor` on this machine.

export function checkNode(): Answer {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fine = major > 20 || (major === 20 && minor >= 19);
  return fine
    ? `Node ${process.versions.node}`
    : problem(`Node ${process.versions.node} is too old`, 'install Node 20.19 or newer');
}

/** Every command repairs what it may; what is still wrong, another user has to repair. */
export function checkState({ loaded: { root } }: Workspace): Answer {
  const wrong = stateProblem(root);
  const path = join(root, STATE);
  if (wrong !== null) return warning(wrong, `as its owner: chmod -R go= ${path} && echo '*' > ${path}/.gitignore`);
  return `${path} is for this user alone, and git takes nothing of it`;
}

/** The processor is never a problem here: a model that it cannot compute is refused when it is loaded. */
export async function checkProcessor(): Promise<Answer> {
  const processor = thisProcessor();
  return `${describeProcessor(processor)}: ${BYTE_SUMS[processor.byteSums]}`;
}

const BYTE_SUMS: Readonly<Record<ByteSums, string>> = {
  exact: 'products of bytes are added in 32 bits',
  overflow:
    'products of bytes are added in 16 bits, so signed weights are rewritten when a model is loaded: the same answers, slower',
  unknown: 'signed weights are rewritten when a model is loaded, in case products of bytes are added in 16 bits',
};

export async function checkRuntime(): Promise<Answer> {
  const { runtimeVersion } = await import('../../../registry-repo/runtime/session.ts');
  return `onnxruntime ${runtimeVersion()}`;
}

/** Where the gate puts models to score them, and whether their memory can be bounded. */
export async function checkScoring({ modelBounds }: Workspace): Promise<Answer> {
  await checkScratch(0);
  return (await canBound(memoryLook()))
    ? `in ${tmpdir()}, within bounds of time and memory, ${describeIsolation(await (modelBounds.isolation ?? isolationHere)())}`
    : warning(
        'memory: unbounded. This machine does not tell how much a process takes, and verdicts say so',
        'judge where /proc is mounted, or `ps` is installed',
      );
}

/** Only backends that a user installed are tried: the rest comes with Pawl, and `pawl backend list` tries it. */
export async function checkBackends(workspace: Workspace): Promise<Answer> {
  const { readInstalled } = await import('../../training/backends/tensorflow/installed.ts');
  if (!(await readInstalled()))
    return 'in WebAssembly; `pawl backend install` has TensorFlow compute, several times as fast (`pawl backend list`)';
  const { tryBackend } = await import('../../training/backends/try.ts');
  const trial = await tryBackend('tensorflow', workspace.config.training.workers || availableParallelism());
  return trial.usable
    ? `by TensorFlow ${trial.version} on the ${trial.gpu ? 'GPU' : 'processor'}, ${trial.gflops.toFixed(0)} GFLOPS`
    : warning(trial.why, 'run `pawl backend install` again, or set training.config.backend to wasm');
}
