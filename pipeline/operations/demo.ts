import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SqliteStore } from '../../events/store.sqlite.ts';
import type { Promotion } from '../../projections/promotions.ts';
import { claimName, measuredName } from '../../registry-repo/averaging.ts';
import { temporaryFolder } from '../../registry-repo/temporary.ts';
import { audit } from '../audit/audit.ts';
import { loadConfig } from '../config/load.ts';
import { flipByteOf } from '../demo/flip.ts';
import { constantTraffic } from '../demo/traffic.ts';
import type { Listener } from '../progress.ts';
import { recordCheckpoints } from '../promotion/checkpoints.ts';
import { ensureRegistry } from '../registry-setup/setup.ts';
import { share } from '../table.ts';
import { projections, Workspace } from '../workspace.ts';
import { subjectOf } from './audit.ts';
import { loadConfigured } from './dataset.ts';
import { findRun } from './find.ts';
import { promoteRun } from './promote.ts';
import { openServer, type Server } from './serve.ts';
import { startRun } from './train.ts';

/** Training rows of the four candidates; the test rows are the same for all. */
const ROWS = { tooFew: 200, good: 3000, worse: 1000, better: 6000 };

/**
 * Shows the whole flow once, in a temporary folder that is removed again. @returns whether everything came out as it
 * should
 */
export async function demonstrate(listener: Listener, signal: AbortSignal): Promise<boolean> {
  const folder = await temporaryFolder(tmpdir(), 'demo');
  try {
    const story = new Story(folder, listener, signal);
    await story.tell();
    return story.asTold;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

class Story {
  readonly #folder: string;
  readonly #out: Listener;
  readonly #signal: AbortSignal;
  #step = 0;
  asTold = true;

  constructor(folder: string, out: Listener, signal: AbortSignal) {
    this.#folder = folder;
    this.#out = out;
    this.#signal = signal;
  }

  async tell(): Promise<void> {
    await this.#with(ROWS.tooFew, (w) => ensureRegistry(w, () => loadConfigured(w, this.#out, this.#signal)));
    await this.#candidate('A first model, from too few rows, is blocked', ROWS.tooFew, 'rejected');
    await this.#candidate('A good one is promoted', ROWS.good, 'merged');
    await this.#candidate('A worse one is blocked by the baseline', ROWS.worse, 'rejected');
    await this.#with(ROWS.better, (w) => this.#serving(w));
    await this.#with(ROWS.better, async (w) => {
      await this.#audited(w);
      await this.#tampered(w);
    });
  }

  /** A workspace in the demo's folder whose sample has this many training rows. */
  async #with<T>(rows: number, work: (workspace: Workspace) => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted();
    const setting = (path: string, text: string) => ({ path, text, flag: 'demo' });
    const flags = [
      setting('data.kind', 'sample'),
      setting('data.train', String(rows)),
      setting('server.port', '0'),
      setting('server.pollMs', '200'),
      setting('server.logLevel', 'silent'),
    ];
    const workspace = new Workspace(loadConfig({ file: undefined, folder: this.#folder, env: {}, flags }));
    try {
      return await work(workspace);
    } finally {
      await workspace.close();
    }
  }

  #title(title: string): void {
    this.#out.say(`\n(${++this.#step}) ${title}`);
  }

  #check(holds: boolean, line: string): void {
    if (!holds) this.asTold = false;
    this.#out.say(`    ${holds ? '✔' : '✘'} ${line}`);
  }

  async #candidate(title: string, rows: number, expected: Promotion['status']): Promise<void> {
    this.#title(title);
    await this.#with(rows, async (w) => this.#verdict(await this.#trainAndPromote(w), expected));
  }

  async #trainAndPromote(workspace: Workspace): Promise<Promotion> {
    const { runId, candidate } = await startRun(workspace, this.#out, this.#signal, { trigger: { kind: 'manual' } });
    const { data, claimed } = candidate.manifest;
    this.#out.say(
      `    run ${runId}: ${data.train.rows} training rows, claims ${claimName(candidate.manifest)} ${share(claimed.f1)} on ${data.test.rows} test rows`,
    );
    const quiet: Listener = { ...this.#out, say: () => {} };
    const ended = await promoteRun(workspace, findRun(await workspace.views(), runId), quiet);
    if (ended.kind === 'done') throw new Error(`v${ended.version} is this candidate already`);
    return ended.promotion;
  }

  #verdict({ status, judged, candidate, pullRequest, merge }: Promotion, expected: Promotion['status']): void {
    const measured = judged?.measured;
    const numbers = measured
      ? `${measuredName(measured)} ${share(measured.candidateF1)} measured, ${share(measured.requiredF1)} required${measured.baselineF1 === null ? '' : ' (the baseline’s)'}`
      : 'nothing measured';
    const fate =
      status === 'merged'
        ? `merged as ${merge?.commit.slice(0, 12)}: v${candidate.version} is in production`
        : 'not merged';
    this.#check(status === expected, `gate on pull request ${pullRequest?.number}: ${numbers}; ${fate}`);
  }

  async #serving(workspace: Workspace): Promise<void> {
    this.#title('A better one is promoted while requests are being answered');
    const server = await openServer(workspace);
    try {
      await server.ready();
      const traffic = constantTraffic(server.url, 8);
      const promotion = await this.#trainAndPromote(workspace);
      this.#verdict(promotion, 'merged');
      await this.#serves(server, promotion.candidate.version);
      await sleep(300);
      const { sent, answered, failed, byVersion } = await traffic.stop();
      const who = Object.entries(byVersion).map(([model, n]) => `${n} by ${model}`);
      this.#check(
        failed === 0 && sent === answered && who.length === 2,
        `${sent} requests, ${answered} answered (${who.join(', ')}), ${failed} dropped`,
      );
      await this.#rolledBack(workspace, server);
    } finally {
      await server.stop();
    }
  }

  async #rolledBack(workspace: Workspace, server: Server): Promise<void> {
    this.#title('Rollback');
    const ports = await workspace.promotions(() => {});
    const proposal = await ports.process.rollBack(workspace.config.model, null, 'demonstration');
    if (proposal.kind !== 'new') throw new Error('there was nothing to roll back');
    const { promotionId, baseline } = proposal.fact.data;
    const promotion = await ports.process.finish(workspace.config.model, promotionId, { waitMs: 60_000 });
    await recordCheckpoints(ports);
    this.#check(
      promotion.status === 'merged',
      `pull request ${promotion.pullRequest?.number}: v${baseline?.version} → v${promotion.candidate.version}, merged as ${promotion.merge?.commit.slice(0, 12)}`,
    );
    await this.#serves(server, promotion.candidate.version);
  }

  async #serves(server: Server, version: number): Promise<void> {
    const started = performance.now();
    while (server.state().model?.version !== version && performance.now() - started < 15_000) await sleep(20);
    const model = server.state().model;
    this.#check(
      model?.version === version,
      `the server answers with v${model?.version}, ${Math.round(performance.now() - started)} ms after the merge`,
    );
  }

  async #audited(workspace: Workspace): Promise<void> {
    this.#title('Audit');
    const report = await audit(await subjectOf(workspace, this.#out), projections);
    for (const { check, looked } of report.checks) this.#out.say(`    ${check.padEnd(12)} ${looked}`);
    this.#check(report.passed, `${report.findings.length} findings`);
  }

  async #tampered(workspace: Workspace): Promise<void> {
    this.#title('One byte of an old event is flipped, in a copy of the log');
    const file = join(this.#folder, 'copy.db');
    await workspace.copyableStore().copyTo(file);
    const victim = (await workspace.store().readAll()).find((e) => e.type === 'ModelEvaluated');
    const offset = victim && flipByteOf(file, victim.data);
    this.#out.say(`    byte ${offset} of the copy, in event ${victim?.position} (${victim?.type})`);
    const copy = new SqliteStore(file, { readOnly: true });
    const report = await audit(await subjectOf(workspace, this.#out, copy, false), projections);
    await copy.close();
    const named = report.findings.find((f) => f.code === 'content-changed');
    this.#check(
      !report.passed && named?.subject.includes(`event ${victim?.position} `) === true,
      `the audit says: ${named?.subject}: ${named?.message}`,
    );
  }
}
