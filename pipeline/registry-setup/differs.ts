import { isStricter, keyOf } from './stricter.ts';

/**
 * Lists where something is weaker than it should be, as `path is …, should be …`. Stricter values are accepted. Members
 * that are not wanted are ignored, and so are further rules in a list of rules; other lists must be the same.
 */
export function differences(wanted: unknown, found: unknown, path = '', member = path): string[] {
  if (Array.isArray(wanted)) return listDifferences(wanted, found, path);
  if (typeof wanted !== 'object' || wanted === null) {
    return wanted === found || isStricter(member, wanted, found) ? [] : [differs(path, wanted, found)];
  }
  const there = typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {};
  return Object.entries(wanted).flatMap(([key, value]) =>
    differences(value, there[key], path === '' ? key : `${path}.${key}`, key),
  );
}

function listDifferences(wanted: readonly unknown[], found: unknown, path: string): string[] {
  const there: readonly unknown[] = Array.isArray(found) ? found : [];
  if (!wanted.some((item) => keyOf(item) !== null))
    return JSON.stringify(wanted) === JSON.stringify(there) ? [] : [differs(path, wanted, found)];
  return wanted.flatMap((item) => {
    const key = keyOf(item);
    const same = there.find((other) => keyOf(other) === key);
    return same === undefined ? [`${path} has no ${key}`] : differences(item, same, `${path}[${key}]`);
  });
}

const differs = (path: string, wanted: unknown, found: unknown): string =>
  `${path} is ${found === undefined ? 'not set' : JSON.stringify(found).slice(0, 200)}, should be ${JSON.stringify(wanted)}`;
