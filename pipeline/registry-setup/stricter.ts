/** Settings that may be stricter than wanted: their values from weak to strict, by member. */
const ORDERS: Readonly<Record<string, readonly unknown[]>> = {
  // GitHub
  allowed_actions: ['all', 'selected', 'local_only'],
  require_code_owner_review: [false, true],
  require_last_push_approval: [false, true],
  required_review_thread_resolution: [false, true],
  // Gitea and Forgejo
  require_signed_commits: [false, true],
  block_on_official_review_requests: [false, true],
  enable_push_whitelist: [false, true],
};

/** Settings for which a larger number is stricter. */
const COUNTS = new Set(['required_approving_review_count', 'required_approvals']);

/** Whether the found value forbids everything that the wanted one forbids, and more. */
export function isStricter(member: string, wanted: unknown, found: unknown): boolean {
  if (COUNTS.has(member)) return typeof found === 'number' && found > (wanted as number);
  const order = ORDERS[member] ?? [];
  return order.includes(wanted) && order.indexOf(found) > order.indexOf(wanted);
}

/**
 * What to request so that nothing becomes weaker: the wanted values, the found ones where these are stricter, and
 * further rules that were found in lists of rules.
 */
export function keepingStricter<T>(wanted: T, found: unknown): T {
  return merged(wanted, found, '') as T;
}

function merged(wanted: unknown, found: unknown, member: string): unknown {
  if (Array.isArray(wanted)) return mergedList(wanted, Array.isArray(found) ? found : []);
  if (typeof wanted !== 'object' || wanted === null) return isStricter(member, wanted, found) ? found : wanted;
  const there = typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {};
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, merged(value, there[key], key)]));
}

function mergedList(wanted: readonly unknown[], found: readonly unknown[]): unknown[] {
  if (!wanted.some((item) => keyOf(item) !== null)) return [...wanted];
  const keys = new Set(wanted.map(keyOf));
  const same = (item: unknown) => found.find((other) => keyOf(other) === keyOf(item));
  const more = found.filter((item) => keyOf(item) !== null && !keys.has(keyOf(item)));
  return [...wanted.map((item) => merged(item, same(item), '')), ...more];
}

/** Rules are identified by their type, required checks by their context. */
export function keyOf(item: unknown): string | null {
  const { type, context } = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
  if (typeof type === 'string') return type;
  return typeof context === 'string' ? context : null;
}
