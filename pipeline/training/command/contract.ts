import * as z from 'zod';

/**
 * What a program that trains gets: a JSON file whose path is in PAWL_JOB. Paths are absolute; rows are JSON lines with
 * `text` and `label`, unlabelled texts JSON lines with `text`.
 */
export type Job = {
  readonly schema: 'pawl.job/1';
  readonly train: string;
  readonly unlabelled: string | null;
  /** In the order of the model's outputs. */
  readonly labels: readonly string[];
  readonly seed: number;
  readonly workers: number;
  readonly settings: Readonly<Record<string, unknown>>;
  /** A folder to write `model.onnx`, `tokenizer.json` and `result.json` to. */
  readonly out: string;
};

/** Half a character (a lone surrogate) cannot be in an event. */
const whole = (text: string): boolean => text.isWellFormed();
const Name = z.string().min(1).max(200).refine(whole);
const Count = z.int().min(0);

/** A line of the program's output that belongs to the contract; other lines are its own. */
export const Line = z.union([
  z.strictObject({ metric: Name, value: z.number(), step: Count.default(0) }),
  z.strictObject({
    epoch: z.int().min(1),
    of: z.int().min(1),
    metrics: z.record(Name, z.number()).default({}),
    seconds: z.number().min(0).max(1e9).default(0),
  }),
  z.strictObject({ progress: z.string().min(1).max(100), done: z.number().min(0), of: z.number().min(0) }),
]);
export type Line = z.infer<typeof Line>;

/** `result.json`: what the graph itself does not tell. */
export const Result = z.strictObject({
  /** How many tokens of a text are read. */
  maxLength: z.int().min(4).max(8192),
  padId: z.int().min(0).max(10_000_000).default(0),
  values: z.enum(['logits', 'probabilities']).default('logits'),
});
export type Result = z.infer<typeof Result>;
