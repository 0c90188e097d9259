import { decode } from '../../events/decode.ts';
import type { RecordedEvent } from '../../events/envelope.ts';
import { type EventStore, wholeLog, wholeStream } from '../../events/store.ts';
import { runStream } from '../../events/streams.ts';
import type { EventOf } from '../../projections/projection.ts';
import type { Promotion } from '../../projections/promotions.ts';
import type { Version } from '../../projections/versions.ts';
import type { Artifacts } from '../../registry-repo/artifacts/artifacts.ts';
import { measuredName } from '../../registry-repo/averaging.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import type { Manifest } from '../../registry-repo/manifest.ts';
import type { Key } from '../../registry-repo/policy.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { openVerdict } from '../../registry-repo/verdict/signed.ts';
import { mainHistory } from '../../registry-repo/verify/history.ts';
import { rejudge } from '../../registry-repo/verify/rejudge.ts';
import { readVersionFile } from '../../registry-repo/version-files.ts';
import type { Forge } from '../forge/forge.ts';
import { readCandidate } from '../promotion/candidate.ts';

/** One link of the causal chain, and whether it holds. */
export type Link = {
  readonly name: 'run' | 'data' | 'artifact' | 'verdict' | 'pull request' | 'commit' | 'activation';
  readonly holds: boolean;
  readonly what: string;
  readonly time: string | null;
  readonly trouble: string | null;
};

export type WhyPorts = {
  readonly store: EventStore;
  readonly artifacts: Artifacts;
  readonly forge: Forge;
  readonly trusted: readonly Key[];
  readonly now: Date;
};

const held = (name: Link['name'], what: string, time: string | null = null): Link => ({
  name,
  holds: true,
  what,
  time,
  trouble: null,
});
const broken = (name: Link['name'], what: string, trouble: string, time: string | null = null): Link => ({
  name,
  holds: false,
  what,
  time,
  trouble,
});

/** Checks a link. If what it reads cannot be read, the link does not hold; that is no error of the command. */
async function link(
  name: Link['name'],
  what: string,
  time: string | null,
  check: () => Promise<string | null>,
): Promise<Link> {
  try {
    const trouble = await check();
    return trouble === null ? held(name, what, time) : broken(name, what, trouble, time);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return broken(name, what, `${error instanceof RegistryError ? `${error.code}: ` : ''}${error.message}`, time);
  }
}

/** Why a version is, was or is not in production: run → data → artifact → verdict → pull request → commit → activation. */
export async function explainVersion(
  ports: WhyPorts,
  version: Version,
  promotions: readonly Promotion[],
): Promise<Link[]> {
  const tip = await ports.forge.sync();
  const manifest = (await readCandidate(ports.artifacts, version.manifest).catch(() => null))?.manifest ?? null;
  const links = [...(await runLinks(ports, version, manifest)), await artifactLink(ports, tip, version, manifest)];
  for (const promotion of promotions) links.push(...(await promotionLinks(ports, tip, promotion)));
  return [...links, ...(await activationLinks(ports.store, version))];
}

const from = (manifest: Manifest | null): string => {
  const { location, revision } = manifest?.pretrained ?? {};
  return location === undefined ? '' : `, from ${location}${revision ? ` at ${revision.slice(0, 12)}` : ''}`;
};

async function runLinks({ store }: WhyPorts, { runId }: Version, manifest: Manifest | null): Promise<Link[]> {
  if (runId === null) return [broken('run', 'no run', 'the version was proposed without one')];
  const events = (await wholeStream(store, runStream(runId))).map(decode);
  const started = events.find((e) => e.type === 'TrainingRunStarted');
  const completed = events.find((e) => e.type === 'TrainingRunCompleted');
  const pinned = events.find((e) => e.type === 'DatasetPinned');
  const { trainer, seed, trigger, code } = started?.data ?? {};
  const cause =
    trigger?.kind === 'push' ? `push of ${trigger.commit.slice(0, 12)} to ${trigger.branch}` : 'started by hand';
  const what = `${runId}: ${trainer}, seed ${seed}, ${cause}, code ${code?.commit?.slice(0, 12) ?? 'unknown'}${from(manifest)}`;
  const run = await link('run', what, started?.time ?? null, async () => {
    if (!completed) return 'the run never completed';
    return manifest && manifest.run.id !== runId ? `the manifest is of run ${manifest.run.id}` : null;
  });
  return [run, await dataLink(pinned, manifest)];
}

const dataLink = (pinned: EventOf<'DatasetPinned'> | undefined, manifest: Manifest | null): Promise<Link> => {
  const { source, splits } = pinned?.data ?? {};
  const what = `${source?.kind} ${source?.location}: ${splits?.train.rows} rows ${splits?.train.digest.slice(0, 19)}, tested on ${splits?.test.rows}`;
  return link('data', what, pinned?.time ?? null, async () => {
    if (!splits) return 'the run pinned no data';
    const same =
      manifest?.data.train.digest === splits.train.digest && manifest.data.test.digest === splits.test.digest;
    return same ? null : 'the manifest names other data than the run pinned';
  });
};

const artifactLink = (
  ports: WhyPorts,
  tip: string,
  { model, version, manifest: digest }: Version,
  manifest: Manifest | null,
): Promise<Link> =>
  link(
    'artifact',
    `manifest ${digest.slice(0, 19)}, ${manifest?.files.length ?? 0} files`,
    manifest?.createdAt ?? null,
    async () => {
      if (!manifest) return 'the manifest is gone, or is not what its digest says';
      const registry = new RegistryAt(ports.forge.git, tip);
      for (const file of manifest.files)
        await readVersionFile({ registry, artifacts: ports.artifacts, model, version, manifest }, file);
      return null;
    },
  );

async function promotionLinks(ports: WhyPorts, tip: string, promotion: Promotion): Promise<Link[]> {
  const { judged, pullRequest } = promotion;
  const links: Link[] = [];
  if (judged) links.push(await verdictLink(ports, promotion));
  if (pullRequest) {
    const what = `${promotion.class} ${promotion.id}, pull request ${pullRequest.number}`;
    links.push(await link('pull request', what, promotion.proposedAt, async () => pullTrouble(ports, promotion)));
  }
  if (promotion.merge) links.push(await commitLink(ports, tip, promotion));
  else if (promotion.rejection)
    links.push(
      broken(
        'commit',
        `never merged: ${promotion.rejection.cause}`,
        promotion.rejection.reasons.map((r) => r.message).join('; '),
        promotion.endedAt,
      ),
    );
  return links;
}

const verdictLink = ({ artifacts, trusted, now, forge }: WhyPorts, { judged }: Promotion): Promise<Link> => {
  const measured = judged?.measured;
  const what = `${judged?.result}: ${measured ? measuredName(measured) : 'F1'} ${measured?.candidateF1.toFixed(4) ?? '–'}, required ${measured?.requiredF1.toFixed(4) ?? '–'}`;
  return link('verdict', what, null, async () => {
    if (!judged?.verdict)
      return judged?.measured ? 'no verdict was signed' : 'it was not measured, so no verdict was signed';
    const opened = openVerdict(await artifacts.get(judged.verdict), trusted, now);
    const [wrong] = await rejudge(forge.git, opened);
    return wrong ? wrong.message : null;
  });
};

async function pullTrouble({ forge }: WhyPorts, { pullRequest, merge, judged }: Promotion): Promise<string | null> {
  const pull = await forge.pullRequest(pullRequest?.number as number);
  if (merge && pull.mergeCommit !== merge.commit)
    return `the forge says it was merged as ${pull.mergeCommit ?? 'nothing'}`;
  return judged && pull.head !== judged.head ? `its head is ${pull.head}, judged was ${judged.head}` : null;
}

const commitLink = (
  { forge, trusted, now }: WhyPorts,
  tip: string,
  { merge, endedAt, judged }: Promotion,
): Promise<Link> =>
  link('commit', `${merge?.commit} on main`, endedAt, async () => {
    const commit = merge?.commit as string;
    if (!(await forge.git.isAncestor(commit, tip))) return 'it is not on main any more';
    for await (const found of mainHistory({ git: forge.git, tip, after: merge?.base as string, keys: trusted, now })) {
      if (found.commit !== commit) continue;
      if (!('merge' in found))
        return found.kind === 'unexplained' ? `${found.code}: ${found.detail}` : `it is a ${found.kind}`;
      return found.merge.verdictDigest === judged?.verdict ? null : 'it names another verdict';
    }
    return 'it is not on main';
  });

async function activationLinks(store: EventStore, version: Version): Promise<Link[]> {
  const links: Link[] = [];
  for await (const page of wholeLog(store))
    for (const stored of page) {
      if (stored.type !== 'ModelActivated') continue;
      const event = decode(stored) as RecordedEvent & { type: 'ModelActivated' };
      const { active, model } = event.data;
      if (model === version.model && active.version === version.version)
        links.push(activation(event, active.manifest === version.manifest));
    }
  return links;
}

const activation = (event: EventOf<'ModelActivated'>, same: boolean): Link => {
  const what = `${event.stream} at main ${event.data.registryCommit.slice(0, 12)}, ${event.data.selfTest.rows} golden texts repeated`;
  return same
    ? held('activation', what, event.time)
    : broken('activation', what, 'another manifest under the same number', event.time);
};
