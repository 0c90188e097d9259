import { type Profiler, Session } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';

// Optimized code does not count what it does: quadratic work that was optimized on its way would look linear.
for (const compiler of ['opt', 'maglev']) setFlagsFromString(`--no-${compiler}`);

/** How many blocks of code ran since the last call. Unlike time, it is the same on a busy machine. */
class Blocks {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#ask('Profiler.enable');
    // From now on. For code that was compiled before, calls are counted, but not the turns of its loops.
    this.#ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  take(): number {
    const { result } = this.#ask<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage');
    let sum = 0;
    for (const { functions } of result)
      for (const { ranges } of functions) for (const { count } of ranges) sum += count;
    return sum;
  }

  #ask<T>(method: string, parameters: object = {}): T {
    let answer: T | undefined;
    this.#session.post(method, parameters, (error, value) => {
      if (error) throw error;
      answer = value as T;
    });
    return answer as T;
  }
}

const blocks = new Blocks();

/**
 * Counts the steps of some work: blocks of code that run, and the engine's work in one call, by the elements that it
 * moves or reads. The work of regular expressions is not counted.
 */
export async function stepsOf(run: () => unknown): Promise<number> {
  let inside = 0;
  const restore = NATIVE.map(([owner, name, cost]) => wrap(owner, name, (...call) => (inside += cost(...call))));
  blocks.take();
  try {
    await run();
    return blocks.take() + inside;
  } finally {
    for (const undo of restore) undo();
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a function of the engine is called with
type Any = any;
type Cost = (self: Any, args: readonly Any[], result: Any) => number;

const whole: Cost = (self) => self?.length ?? 0;
const given: Cost = (_, [other]) => other?.length ?? 0;
const made: Cost = (_, __, result) => result.length;
const between: Cost = (self, [, from = 0, to = self.length]) => Math.max(0, to - from);
/** Looked through from a place to where it was found, or to the end. */
const passed: Cost = (self, [, from = 0], at) => Math.max(0, (at < 0 ? self.length : at) - from);
const one: Cost = () => 1;
const bytes = Object.getPrototypeOf(Uint8Array.prototype);
const iteratorOf = (of: Iterable<unknown>) => Object.getPrototypeOf(of[Symbol.iterator]());
const { normalize } = String.prototype;

/** The cost of one call besides a step. */
const NATIVE: readonly (readonly [owner: Any, name: string, cost: Cost])[] = [
  [Buffer, 'concat', made],
  [Buffer, 'from', given],
  [Buffer.prototype, 'toString', (self, [, from = 0, to = self.length]) => to - from],
  [Buffer.prototype, 'indexOf', passed],
  [bytes, 'set', given],
  [bytes, 'slice', made],
  [bytes, 'fill', between],
  ...['concat', 'slice', 'flat', 'toSorted'].map((name) => [Array.prototype, name, made] as const),
  ...['shift', 'unshift', 'includes', 'join', 'reverse', 'sort'].map((name) => [Array.prototype, name, whole] as const),
  [Array.prototype, 'splice', (self, [from = 0]) => Math.max(0, self.length - from)],
  [Array.prototype, 'indexOf', passed],
  [Array.prototype, 'push', (_, args) => args.length],
  ...[[], new Map(), new Set()].map((of) => [iteratorOf(of), 'next', one] as const),
  ...['split', 'replaceAll', 'trim', 'toLowerCase'].map((name) => [String.prototype, name, whole] as const),
  [String.prototype, 'indexOf', passed],
  [String.prototype, 'normalize', (self, [form]) => self.length + moves(self, form)],
];

let telling = false;

function wrap(owner: Any, name: string, tell: Cost): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, name) as PropertyDescriptor;
  const { value } = own;
  Object.defineProperty(owner, name, {
    ...own,
    value(this: Any, ...args: Any[]) {
      const result = Reflect.apply(value, this, args);
      if (telling) return result;
      telling = true; // what it costs is told by means of the same functions
      tell(this, args, result);
      telling = false;
      return result;
    },
  });
  return () => Object.defineProperty(owner, name, own);
}

/** How often an engine that sorts marks by insertion moves one past another, when it brings a text into a normal form. */
function moves(text: string, form = 'NFC'): number {
  const decomposition = form.startsWith('NFK') ? 'NFKD' : 'NFD';
  let moved = 0;
  for (const [run] of text.matchAll(/[\p{M}\uff9e\uff9f]+/gu)) {
    let before = new Map<string, number>();
    // One by one: of all at once, the engine would have moved them already.
    for (const mark of [...run].flatMap((character) => [...normalize.call(character, decomposition)])) {
      const like = classOf(mark);
      if (like === null) before = new Map();
      else {
        for (let i = classes.length - 1; classes[i] !== like; i--) moved += before.get(classes[i] as string) ?? 0;
        before.set(like, (before.get(like) ?? 0) + 1);
      }
    }
  }
  return moved;
}

/** A mark of each combining class, in their order. */
const classes: string[] = [];
const known = new Map<string, string | null>();
/** Marks of the first class and of the last. */
const [FIRST, LAST] = ['\u0334', '\u0345'];
const precedes = (a: string, b: string): boolean => normalize.call(b + a, 'NFD') !== b + a;

function classOf(mark: string): string | null {
  const found = known.get(mark);
  if (found !== undefined) return found;
  const marks = precedes(FIRST, mark) || precedes(mark, LAST);
  const at = classes.findIndex((like) => !precedes(like, mark));
  const same = at >= 0 && !precedes(mark, classes[at] as string);
  if (marks && !same) classes.splice(at < 0 ? classes.length : at, 0, mark);
  const like = marks ? (same ? (classes[at] as string) : mark) : null;
  known.set(mark, like);
  return like;
}
