type Titled = {
  readonly class: 'promotion' | 'rollback';
  readonly model: string;
  /** The version in production; null before the first. */
  readonly from: number | null;
  readonly to: number;
};

/**
 * The title of a promotion's pull request, and of the commit on main that it becomes: `promote(sentiment): v1 → v2`.
 */
export function promotionTitle({ class: kind, model, from, to }: Titled): string {
  return `${verbOf(kind)}(${model}): ${from === null ? 'nothing' : `v${from}`} → v${to}`;
}

/** What a promotion does, as an imperative sentence. */
export const verbOf = (kind: Titled['class']): string => (kind === 'promotion' ? 'promote' : 'roll back');
