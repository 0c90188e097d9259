import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { root, temporaryFolder } from '../../support/paths.ts';
import { type ConfigMap, type Container, type Job, type Mount, manifestOf, type PodSpec } from './manifest.ts';

// A stand-in for a cluster: it does what the Job controller and the kubelets do with an Indexed Job, as processes of
// this machine. Pods share only what the manifest lets them reach. They run as the manifest's user if this process may
// choose one, and may write only to the mounts that allow it. Memory is not limited, and pods have no network of their
// own.

export type Cluster = {
  /** By name, their keys. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The image's files in the working folder. */
  readonly image?: string;
  /** By claim, a folder. */
  readonly claims?: Readonly<Record<string, string>>;
  /** Called with every pod that starts, and where its state is. */
  readonly onPod?: (pod: { index: number; attempt: number; process: ChildProcess; state: string }) => void;
};

export type JobResult = {
  readonly succeeded: readonly number[];
  readonly failed: readonly number[];
  /** How each pod ended, in the order of their ends. */
  readonly pods: readonly { readonly index: number; readonly code: number | null; readonly output: string }[];
  /** Most pods at a time. */
  readonly most: number;
};

/** Runs a manifest's Job to its end. */
export async function runIndexedJob(manifest: string, cluster: Cluster): Promise<JobResult> {
  const { job, configMap } = manifestOf(manifest);
  const { completions, parallelism, backoffLimitPerIndex } = job.spec;
  const queue = Array.from({ length: completions }, (_, index) => ({ index, attempt: 0 }));
  const result = {
    succeeded: [] as number[],
    failed: [] as number[],
    pods: [] as JobResult['pods'][number][],
    most: 0,
  };
  let running = 0;
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      result.most = Math.max(result.most, ++running);
      const { code, output } = await runPod(job, configMap, cluster, next);
      running--;
      result.pods.push({ index: next.index, code, output });
      if (code === 0) result.succeeded.push(next.index);
      else if (failsIndex(job, code) || next.attempt >= backoffLimitPerIndex) result.failed.push(next.index);
      else queue.push({ ...next, attempt: next.attempt + 1 });
    }
  };
  await Promise.all(Array.from({ length: parallelism }, worker));
  return result;
}

const failsIndex = ({ spec }: Job, code: number | null): boolean =>
  spec.podFailurePolicy.rules.some(
    ({ action, onExitCodes }) =>
      action === 'FailIndex' && code !== null && onExitCodes?.operator === 'In' && onExitCodes.values.includes(code),
  );

type Attempt = { readonly index: number; readonly attempt: number };

async function runPod(job: Job, configMap: ConfigMap, cluster: Cluster, { index, attempt }: Attempt) {
  const pod = job.spec.template.spec;
  const container = pod.containers[0] as Container;
  const owner = ownerOf(pod);
  const files = new PodFiles(pod, configMap, cluster, owner);
  const env: Record<string, string> = {
    PATH: `${pawlFolder()}:${process.env.PATH}`,
    JOB_COMPLETION_INDEX: String(index),
  };
  for (const { secretRef } of container.envFrom ?? []) Object.assign(env, cluster.secrets[secretRef.name]);
  for (const { name, value } of container.env) env[name] = value.replaceAll('$$(', '$(');
  Object.assign(env, { HOME: files.at(env.HOME ?? '/tmp'), TMPDIR: files.at('/tmp') });
  const [program = '', ...args] = container.command;
  const child = spawn(program, args, {
    cwd: files.at(container.workingDir),
    env,
    ...owner,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cluster.onPod?.({ index, attempt, process: child, state: files.at(posix.join(container.workingDir, '.pawl')) });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, output };
}

type Owner = { readonly uid?: number; readonly gid?: number };

let tried: boolean | undefined;

/** The pod's user, where this process may become it and it may read the program. */
function ownerOf({ securityContext }: PodSpec): Owner {
  const { runAsUser: uid, runAsGroup: gid } = securityContext;
  if (process.getuid?.() !== 0) return {};
  // Asked once, because this process may be the server that pods wait for.
  tried ??= spawnSync(process.execPath, [join(root, 'dist/pipeline/cli.js'), '--version'], { uid, gid }).status === 0;
  return tried ? { uid, gid } : {};
}

/** The file system of a pod: a folder for its root, in which mounts lie under their paths. */
class PodFiles {
  readonly #root: string;

  constructor(pod: PodSpec, configMap: ConfigMap, { image, claims = {} }: Cluster, owner: Owner) {
    this.#root = join(temporaryFolder(), 'root');
    chmodSync(dirname(this.#root), 0o755);
    const container = pod.containers[0] as Container;
    mkdirSync(this.at(container.workingDir), { recursive: true });
    if (image !== undefined) cpSync(image, this.at(container.workingDir), { recursive: true });
    for (const mount of container.volumeMounts) {
      const volume = pod.volumes.find(({ name }) => name === mount.name);
      if (volume?.configMap) this.#file(mount, configMap);
      else if (volume?.emptyDir) this.#room(mount, owner);
      else if (volume?.persistentVolumeClaim)
        cpSync(claims[volume.persistentVolumeClaim.claimName] as string, this.at(mount.mountPath), { recursive: true });
      else throw new Error(`no volume ${mount.name}`);
    }
    if (container.securityContext.readOnlyRootFilesystem) chmodSync(this.at(container.workingDir), 0o555);
  }

  /** Where a path of the pod is on this machine. */
  at(path: string): string {
    return join(this.#root, path);
  }

  #file({ mountPath, subPath }: Mount, { data }: ConfigMap): void {
    const text = data[subPath ?? ''];
    if (text === undefined) throw new Error(`the ConfigMap has no ${subPath}`);
    writeFileSync(this.at(mountPath), text, { mode: 0o444 });
  }

  #room({ mountPath }: Mount, { uid, gid }: Owner): void {
    mkdirSync(this.at(mountPath), { recursive: true });
    if (uid !== undefined && gid !== undefined) chownSync(this.at(mountPath), uid, gid);
  }
}

let made: string | undefined;

/** A folder with the command line that was built, as `pawl`. */
function pawlFolder(): string {
  if (made !== undefined && existsSync(made)) return made;
  made = temporaryFolder();
  chmodSync(made, 0o755);
  const script = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist/pipeline/cli.js')}' "$@"\n`;
  writeFileSync(join(made, 'pawl'), script, { mode: 0o755 });
  return made;
}
