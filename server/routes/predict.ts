import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { largest } from '../../registry-repo/evaluation.ts';
import { checkAnnounced, readJson } from '../body.ts';
import { clientOf } from '../client.ts';
import type { AppContext } from '../context.ts';
import { setHeaders } from '../headers.ts';
import { QueueFullError } from '../inference/errors.ts';
import { jsonAnswer, jsonBody, ProvenanceHeaders, problemAnswers } from '../openapi.ts';
import { problemOf } from '../problems.ts';
import { provenance } from '../provenance.ts';
import type { ServedModel } from '../served.ts';
import { ModelNotReadyError } from '../swap.ts';
import { textOf } from '../text.ts';

const share = z.number().meta({ description: 'in [0, 1]' });
const prediction = {
  label: z
    .string()
    .meta({ description: 'the most probable label; if several are equally probable, the first in the model' }),
  probability: share,
  probabilities: z.record(z.string(), share).meta({ description: 'the probability of every label; they sum to 1' }),
};
const AnsweringModel = z.strictObject({ name: z.string(), version: z.int() }).openapi('AnsweringModel');
const Prediction = z.strictObject(prediction).openapi('Prediction');
type Prediction = z.infer<typeof Prediction>;
const PredictAnswer = z.strictObject({ ...prediction, model: AnsweringModel }).openapi('PredictAnswer');
const BatchAnswer = z.strictObject({ predictions: z.array(Prediction), model: AnsweringModel }).openapi('BatchAnswer');

/** The answer as the gate counts it, so that the server answers as the gate judged. */
function predictionOf(labels: readonly string[], row: Float32Array): Prediction {
  const best = largest(row);
  const probabilities = Object.fromEntries(labels.map((label, k) => [label, row[k] as number]));
  return { label: labels[best] as string, probability: row[best] as number, probabilities };
}

const answering = ({ name, version }: ServedModel) => ({ name, version });

const problems = problemAnswers(400, 413, 415, 421, 422, 429, 500, 503, 504);

/** `POST /predict` for one text and `POST /predict/batch` for several. */
export function predictRoutes(app: OpenAPIHono, context: AppContext): void {
  const { limits, live, held, traffic } = context;
  const text = textOf(limits.textCharacters);
  const PredictRequest = z.strictObject({ text });
  const BatchRequest = z.strictObject({ texts: z.array(text).min(1).max(limits.batchTexts) });

  /** Reads, classifies and counts one request. One version answers all of it, and headers name it. */
  async function classify<S extends z.ZodType, A>(
    c: Context,
    schema: S,
    textsOf: (body: z.output<S>) => readonly string[],
    answer: (predictions: Prediction[], model: ServedModel) => A,
  ): Promise<A> {
    try {
      turnAway();
      checkAnnounced(c, limits.bodyBytes);
      return await held.while(async (share) => {
        const texts = textsOf(await readJson(c, schema, limits.bodyBytes, share));
        return live.use(async (pool, model) => {
          const rows = await pool.classify(texts, clientOf(c));
          const predictions = rows.map((row) => predictionOf(model.labels, row));
          traffic.answered(
            model,
            predictions.map((p) => p.label),
          );
          setHeaders(c, Object.entries(provenance(model)));
          return answer(predictions, model);
        });
      });
    } catch (error) {
      count(problemOf(error).status);
      throw error;
    }
  }

  /** Checked before the body is read, so that a client need not send a body that cannot be answered. */
  function turnAway(): void {
    if (!live.engine) throw new ModelNotReadyError('no model is loaded: GET /health/ready says why');
    if (live.engine.full(1)) throw new QueueFullError('too many texts are waiting: ask again in a moment');
  }

  function count(status: number): void {
    if (status === 499) return;
    if (status < 500 || status === 503) traffic.refused(live.facts);
    else traffic.failed(live.facts);
  }

  const predict = createRoute({
    method: 'post',
    path: '/predict',
    summary: 'Classify one text',
    tags: ['predictions'],
    request: { body: jsonBody(app, 'PredictRequest', PredictRequest) },
    responses: { 200: { ...jsonAnswer('the prediction', PredictAnswer), headers: ProvenanceHeaders }, ...problems },
  });
  app.openapi(predict, async (c) => {
    const answer = await classify(
      c,
      PredictRequest,
      (body) => [body.text],
      ([first], model) => ({ ...(first as Prediction), model: answering(model) }),
    );
    return c.json(answer, 200);
  });

  const batch = createRoute({
    method: 'post',
    path: '/predict/batch',
    summary: 'Classify several texts, all with the same version',
    tags: ['predictions'],
    request: { body: jsonBody(app, 'BatchRequest', BatchRequest) },
    responses: {
      200: { ...jsonAnswer('the predictions, in order', BatchAnswer), headers: ProvenanceHeaders },
      ...problems,
    },
  });
  app.openapi(batch, async (c) => {
    const answer = await classify(
      c,
      BatchRequest,
      (body) => body.texts,
      (predictions, model) => ({ predictions, model: answering(model) }),
    );
    return c.json(answer, 200);
  });
}
