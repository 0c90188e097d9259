import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppContext } from '../context.ts';
import type { FollowState } from '../follow.ts';
import { jsonAnswer, ProvenanceHeaders, problemAnswers } from '../openapi.ts';
import { provenance } from '../provenance.ts';
import type { Evaluation } from '../registry.ts';
import type { ServedModel } from '../served.ts';
import { ModelNotReadyError } from '../swap.ts';

const EvaluationAnswer = z.strictObject({
  measure: z.string().meta({ description: 'which F1 this is: `macro F1`, or `F1 of "fraud"`' }),
  f1: z.number().meta({ description: 'share in [0, 1]' }),
  labels: z.array(z.string()),
  confusion: z.union([z.array(z.array(z.int())), z.strictObject({ sparse: z.array(z.string()) })]).meta({
    description:
      'counts, confusion[truth][predicted], in the order of these labels; with more than 50 labels, `sparse` has the counts that are not 0, as `predicted:count` for each true label',
  }),
});

const FollowAnswer = z
  .strictObject({
    desired: z.string().nullable().meta({ description: "the tip of the registry's main when it was last read" }),
    settled: z.string().nullable().meta({ description: 'the last tip that this server verified and serves' }),
    drift: z.boolean().meta({ description: 'whether this server lags: main names something that it does not serve' }),
    checkedAt: z.string().nullable(),
    problem: z.strictObject({ code: z.string(), commit: z.string().nullable(), at: z.string() }).nullable().meta({
      description:
        'why the last check of main failed, or why the server refused what main names; the log has the details',
    }),
  })
  .openapi('Following');

export const ModelAnswer = z
  .strictObject({
    name: z.string(),
    version: z.int(),
    labels: z.array(z.string()),
    since: z.string().meta({ description: 'when this server began to answer with it' }),
    manifest: z.string().meta({ description: 'digest of the manifest' }),
    model: z.string().meta({ description: 'digest of the ONNX file' }),
    commit: z.string().meta({ description: "tip of the registry's main that has it in production" }),
    verdict: z.string().meta({ description: "digest of the gate's signed verdict" }),
    promotion: z
      .strictObject({
        id: z.string(),
        class: z.enum(['promotion', 'rollback']),
        pullRequest: z.int(),
        commit: z.string(),
      })
      .meta({ description: 'the promotion or rollback that put it into production, and its commit on main' }),
    run: z.strictObject({ id: z.string(), trainer: z.string() }),
    evaluation: z.strictObject({
      claimed: EvaluationAnswer.meta({ description: "the training run's own measurement" }),
      measured: EvaluationAnswer.nullable().meta({ description: "the gate's measurement" }),
    }),
    registry: FollowAnswer,
  })
  .openapi('Model');
export type ModelAnswer = z.infer<typeof ModelAnswer>;

const route = createRoute({
  method: 'get',
  path: '/model',
  summary: 'The version that answers, since when, and the evidence for it',
  tags: ['model'],
  responses: {
    200: { ...jsonAnswer('the version in production here', ModelAnswer), headers: ProvenanceHeaders },
    ...problemAnswers(421, 503),
  },
});

const evaluation = ({ measure, f1, labels, confusion }: Evaluation) => ({
  measure,
  f1,
  labels: [...labels],
  confusion,
});

const followed = ({ desired, settled, lags, checkedAt, problem }: FollowState) => ({
  desired,
  settled,
  drift: lags,
  checkedAt: checkedAt?.toISOString() ?? null,
  problem: problem && { code: problem.code, commit: problem.commit, at: problem.at.toISOString() },
});

const answer = (model: ServedModel, state: FollowState): ModelAnswer => ({
  name: model.name,
  version: model.version,
  labels: [...model.labels],
  since: model.since.toISOString(),
  manifest: model.manifest,
  model: model.model,
  commit: model.commit,
  verdict: model.verdict,
  promotion: model.promotion,
  run: model.run,
  evaluation: { claimed: evaluation(model.claimed), measured: model.measured && evaluation(model.measured) },
  registry: followed(state),
});

export function modelRoute(app: OpenAPIHono, { live, state }: AppContext): void {
  app.openapi(route, (c) => {
    const model = live.facts;
    if (!model) throw new ModelNotReadyError('no model is loaded: GET /health/ready says why');
    return c.json(answer(model, state()), 200, provenance(model));
  });
}
