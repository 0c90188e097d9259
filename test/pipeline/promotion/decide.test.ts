import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EventData } from '../../../events/catalogue.ts';
import { catalogue } from '../../../events/catalogue.ts';
import { MemoryStore } from '../../../events/store.memory.ts';
import { NotPromotableError, nextStep, proposePromotion, proposeRollback } from '../../../pipeline/promotion/decide.ts';
import { readModel } from '../../../pipeline/promotion/state.ts';
import type { Promotion } from '../../../projections/promotions.ts';
import { exampleFact } from '../../support/events.ts';
import { digest, History, ref } from '../../support/history.ts';

const model = 'sentiment';
const given = async (tell: (h: History) => Promise<unknown>) => {
  const h = new History(new MemoryStore());
  await tell(h);
  return readModel(h.store, model);
};
const propose = {
  ...{ promotionId: 'aaaaaaaaaaaa', manifest: digest(9), runId: null, claimedF1: 0.9 },
  ...{ baseline: null, highest: 0 },
};
const back = { promotionId: 'bbbbbbbbbbbb', to: null, reason: 'complaints', onMain: null };

const decide = suite('promotion decisions');

decide('the first candidate of a model is version 1', async () => {
  const proposal = proposePromotion(await given(async () => {}), propose);
  assert.is(proposal.kind === 'new' && proposal.fact.data.candidate.version, 1);
});

decide('version numbers go up and are never used again, even after a refusal', async () => {
  const state = await given(async (h) => {
    await h.propose(model, 1, null);
    await h.merge(model, 1, null);
    await h.propose(model, 2, 1);
    await h.reject(model, 2);
  });
  const proposal = proposePromotion(state, propose);
  assert.is(proposal.kind === 'new' && proposal.fact.data.candidate.version, 3);
});

decide('what is open already is gone on with, what is in production is left alone', async () => {
  const open = await given((h) => h.propose(model, 9, null));
  assert.equal(proposePromotion(open, propose), { kind: 'open', promotionId: '000000000009' });
  const merged = await given(async (h) => {
    await h.propose(model, 9, null);
    await h.merge(model, 9, null);
  });
  assert.equal(proposePromotion(merged, propose), { kind: 'done', version: 9 });
  const refused = await given(async (h) => {
    await h.propose(model, 9, null);
    await h.reject(model, 9);
  });
  assert.is(proposePromotion(refused, propose).kind, 'new');
});

const two = (h: History) =>
  (async () => {
    for (const v of [1, 2]) {
      await h.propose(model, v, v === 1 ? null : 1);
      await h.merge(model, v, v === 1 ? null : 1);
    }
    await h.propose(model, 3, 2);
    await h.reject(model, 3);
  })();

decide('a rollback goes to the version before, or to any that has served', async () => {
  const state = await given(two);
  for (const to of [null, 1]) {
    const proposal = proposeRollback(state, { ...back, to });
    assert.ok(proposal.kind === 'new');
    assert.equal(
      [proposal.fact.data.candidate, proposal.fact.data.baseline, proposal.fact.data.reason],
      [ref(1), ref(2), 'complaints'],
    );
  }
  assert.equal(proposeRollback(state, { ...back, to: 2 }), { kind: 'done', version: 2 });
});

decide('a rollback to what never served, or from nothing, is refused with what there is', async () => {
  const state = await given(two);
  for (const to of [3, 77])
    assert.throws(
      () => proposeRollback(state, { ...back, to }),
      (e: unknown) => e instanceof NotPromotableError && /v1/.test(e.message),
    );
  const none = await given(async () => {});
  assert.throws(
    () => proposeRollback(none, back),
    (e: unknown) => e instanceof NotPromotableError,
  );
  const only = await given(async (h) => {
    await h.propose(model, 1, null);
    await h.merge(model, 1, null);
  });
  assert.throws(
    () => proposeRollback(only, back),
    (e: unknown) => e instanceof NotPromotableError && /nothing to go back to/.test(e.message),
  );
});

decide(
  'where main was moved past the log, a rollback goes to what was verified last, or to any that has served',
  async () => {
    const state = await given(two);
    const target = (to: number | null, onMain: number) => {
      const proposal = proposeRollback(state, { ...back, to, onMain: ref(onMain) });
      return proposal.kind === 'new' ? [proposal.fact.data.candidate, proposal.fact.data.baseline] : proposal.kind;
    };
    assert.equal(target(null, 7), [ref(2), ref(7)]);
    assert.equal(target(1, 7), [ref(1), ref(7)]);
    assert.equal(target(null, 1), [ref(2), ref(1)], 'moved to a version that had served');
    assert.throws(() => target(1, 1), /never in production: --to takes one of v2/);
    assert.equal(target(null, 2), [ref(1), ref(2)], 'as the log says');
    const none = await given(async () => {});
    assert.throws(() => proposeRollback(none, { ...back, onMain: ref(1) }), /promote one with `pawl promote`/);
  },
);

decide('a number that somebody has put on main by hand is not used', async () => {
  const proposal = proposePromotion(await given(two), { ...propose, highest: 7 });
  assert.is(proposal.kind === 'new' && proposal.fact.data.candidate.version, 8);
});

const steps = suite('next step of a promotion');

const judgedExample = catalogue.GateJudged.example as EventData<'GateJudged'>;
const promotion = async (
  ...types: ('PullRequestOpened' | 'GateJudged' | 'PromotionMerged' | 'PromotionRejected' | 'PullRequestRebased')[]
): Promise<Promotion> => {
  const h = new History(new MemoryStore());
  await h.append('model-a', exampleFact('PromotionProposed'), ...types.map(exampleFact));
  return [...(await readModel(h.store, 'a')).promotions.values()][0] as Promotion;
};
const withJudged = (p: Promotion, over: Partial<EventData<'GateJudged'>>): Promotion => ({
  ...p,
  judged: { ...judgedExample, ...over },
});

steps('open, judge, merge, done', async () => {
  assert.is(nextStep(await promotion()).step, 'open');
  assert.is(nextStep(await promotion('PullRequestOpened')).step, 'judge');
  assert.is(nextStep(await promotion('PullRequestOpened', 'GateJudged')).step, 'merge');
  assert.is(nextStep(await promotion('PullRequestOpened', 'GateJudged', 'PromotionMerged')).step, 'none');
  assert.is(nextStep(await promotion('PullRequestOpened', 'PromotionRejected')).step, 'none');
});

steps('a rebase needs a new judgement', async () => {
  assert.is(nextStep(await promotion('PullRequestOpened', 'GateJudged', 'PullRequestRebased')).step, 'judge');
});

steps('a fail and an error that the candidate made both end in a rejection, apart', async () => {
  const p = await promotion('PullRequestOpened', 'GateJudged');
  const causes = (['fail', 'error'] as const).map((result) => {
    const next = nextStep(withJudged(p, { result, reasons: [{ code: 'score-timeout', message: '' }] }));
    return next.step === 'reject' && next.cause;
  });
  assert.equal(causes, ['gate-failed', 'gate-error']);
});

steps('an error that the gate made has it judge again', async () => {
  const p = await promotion('PullRequestOpened', 'GateJudged');
  assert.is(nextStep(withJudged(p, { result: 'error', reasons: [{ code: 'gate-unfit', message: '' }] })).step, 'judge');
});

steps('a pass for another candidate is no pass', async () => {
  const p = await promotion('PullRequestOpened', 'GateJudged');
  const bound = judgedExample.bound as NonNullable<typeof judgedExample.bound>;
  for (const over of [null, { ...bound, candidate: ref(7) }]) {
    const next = nextStep(withJudged(p, { bound: over }));
    assert.is(next.step === 'reject' && next.cause, 'abandoned');
  }
});

steps('nobody judges for ever', async () => {
  const p = { ...(await promotion('PullRequestOpened')), judgements: 100 };
  assert.is(nextStep(p).step, 'reject');
});

decide.run();
steps.run();
