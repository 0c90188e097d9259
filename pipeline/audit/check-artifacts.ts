import type { RecordedEvent } from '../../events/envelope.ts';
import { ArtifactMissingError } from '../../registry-repo/artifacts/errors.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import { versionFolder } from '../../registry-repo/manifest.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { type CheckResult, type Finding, sayFor } from './findings.ts';
import type { AuditSubject, ReadLog } from './subject.ts';

const CHECK = 'artifacts';
const say = sayFor(CHECK);

/** Reads every artifact that an event or the registry refers to, and compares its bytes with its digest. */
export async function checkArtifacts(subject: AuditSubject, log: ReadLog): Promise<CheckResult> {
  const wanted = new Map(log.events.flatMap(storedBy));
  const findings: Finding[] = [];
  for (const digest of await pinnedElsewhere(subject, findings)) wanted.set(digest, null);
  let done = 0;
  for (const [digest, since] of wanted) {
    const finding = await checkOne(subject, digest, since);
    if (finding) findings.push(finding);
    subject.progress('reading artifacts', ++done, wanted.size);
  }
  return { check: CHECK, looked: `${wanted.size} artifacts read and hashed`, findings };
}

/** Digests of bytes that an event says are in the store, with the time it said so. */
function storedBy(e: RecordedEvent): [string, string | null][] {
  if (e.type === 'ArtifactStored') return [[e.data.digest, e.time]];
  if (e.type === 'GateJudged' && e.data.verdict !== null) return [[e.data.verdict, e.time]];
  if (e.type === 'AuditCompleted') return [[e.data.report, e.time]];
  return [];
}

/**
 * What the registry pins but does not hold itself: rows of evaluation sets, and files too large for its tree.
 *
 * @param findings gets what cannot be read
 */
async function pinnedElsewhere({ registry }: AuditSubject, findings: Finding[]): Promise<string[]> {
  if (!registry) return [];
  const main = new RegistryAt(registry.git, registry.tip);
  const found: string[] = [];
  const reading = async (path: string, read: () => Promise<void>) => {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      findings.push(say('error', error.code, path, error.message));
    }
  };
  for (const { path } of await registry.git.folder(registry.tip, 'evaluation')) {
    const [, name] = /^evaluation\/(.+)\.json$/.exec(path) ?? [];
    if (name !== undefined)
      await reading(path, async () => void found.push((await main.evaluationSet(name)).value.digest));
  }
  for (const model of await main.models())
    for (const version of await main.versions(model)) {
      const folder = versionFolder(model, version);
      await reading(folder, async () => {
        for (const file of (await main.manifest(model, version)).value.files)
          if (!(await main.stat(`${folder}/${file.path}`))) found.push(file.digest);
      });
    }
  return found;
}

async function checkOne(
  { artifacts, artifactsApart }: Pick<AuditSubject, 'artifacts' | 'artifactsApart'>,
  digest: string,
  since: string | null,
): Promise<Finding | null> {
  try {
    await artifacts.get(digest);
    return null;
  } catch (error) {
    if (error instanceof ArtifactMissingError)
      return artifactsApart
        ? say('warning', error.code, digest, 'it is not on this machine: the machine that stored it may have it', since)
        : say('error', error.code, digest, 'it was stored and is referred to, but it is gone', since);
    if (error instanceof RegistryError) return say('error', error.code, digest, error.message, since);
    throw error;
  }
}
