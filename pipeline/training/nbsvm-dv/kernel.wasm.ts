// AssemblyScript: compiled by `npm run build` to kernel.wasm. What it computes, kernel.ts computes too, step by step; its
// comments say what the numbers mean. Addresses are bytes into the shared memory.

/** @see stepsOf in kernel.ts @returns the sum of 1 - probability over the right answers */
export function learn(
  documents: usize,
  count: i32,
  bounds: usize,
  blocks: i32,
  block: i32,
  occurrences: usize,
  documentVectors: usize,
  ngramVectors: usize,
  dimensions: i32,
  negatives: i32,
  noise: usize,
  noiseMask: u32,
  sigmoid: usize,
  scratch: usize,
  rateFrom: f32,
  rateTo: f32,
  seed: u32,
): f64 {
  const bytes: usize = (<usize>dimensions) << 2;
  let state = seed;
  let missed: f64 = 0;
  for (let d = 0; d < count; d++) {
    const document = load<i32>(documents + ((<usize>d) << 2));
    const bound = bounds + ((<usize>(document * (blocks + 1) + block)) << 2);
    const from = load<i32>(bound);
    const to = load<i32>(bound, 4);
    const own = documentVectors + <usize>document * bytes;
    const rate = rateFrom + ((rateTo - rateFrom) * <f32>d) / <f32>count;
    for (let i = from; i < to; i++) {
      const target = load<i32>(occurrences + ((<usize>i) << 2));
      for (let at: usize = 0; at < bytes; at += 16) v128.store(scratch + at, f32x4.splat(0));
      for (let n = 0; n <= negatives; n++) {
        let other = target;
        if (n > 0) {
          state ^= state << 13;
          state ^= state >>> 17;
          state ^= state << 5;
          other = load<i32>(noise + ((<usize>(state & noiseMask)) << 2));
          if (other === target) continue;
        }
        const vector = ngramVectors + <usize>other * bytes;
        let sum = f32x4.splat(0);
        for (let at: usize = 0; at < bytes; at += 16)
          sum = f32x4.add(sum, f32x4.mul(v128.load(own + at), v128.load(vector + at)));
        const dot =
          f32x4.extract_lane(sum, 0) +
          f32x4.extract_lane(sum, 1) +
          f32x4.extract_lane(sum, 2) +
          f32x4.extract_lane(sum, 3);
        const slot = <i32>max<f32>(0, min<f32>(1023, (dot + 8) * 64));
        const error = (n === 0 ? <f32>1 : <f32>0) - load<f32>(sigmoid + ((<usize>slot) << 2));
        if (n === 0) missed += <f64>error;
        const step = rate * error;
        const steps = f32x4.splat(step);
        for (let at: usize = 0; at < bytes; at += 16) {
          const v = v128.load(vector + at);
          v128.store(scratch + at, f32x4.add(v128.load(scratch + at), f32x4.mul(steps, v)));
          v128.store(vector + at, f32x4.add(v, f32x4.mul(steps, v128.load(own + at))));
        }
      }
      for (let at: usize = 0; at < bytes; at += 16)
        v128.store(own + at, f32x4.add(v128.load(own + at), v128.load(scratch + at)));
    }
  }
  return missed;
}

/** @see meansOf in kernel.ts */
export function means(
  firstRow: i32,
  count: i32,
  starts: usize,
  columns: usize,
  weights: usize,
  ngramVectors: usize,
  dimensions: i32,
  out: usize,
): void {
  const bytes: usize = (<usize>dimensions) << 2;
  for (let row = firstRow; row < firstRow + count; row++) {
    const from = load<i32>(starts + ((<usize>row) << 2));
    const to = load<i32>(starts + ((<usize>row) << 2), 4);
    const mean = out + <usize>row * bytes;
    for (let at: usize = 0; at < bytes; at += 16) v128.store(mean + at, f32x4.splat(0));
    let total: f32 = 0;
    for (let i = from; i < to; i++) {
      const column = <usize>load<i32>(columns + ((<usize>i) << 2));
      const weight = load<f32>(weights + (column << 2));
      const spread = f32x4.splat(weight);
      const vector = ngramVectors + column * bytes;
      total += weight;
      for (let at: usize = 0; at < bytes; at += 16)
        v128.store(mean + at, f32x4.add(v128.load(mean + at), f32x4.mul(spread, v128.load(vector + at))));
    }
    if (total <= 0) continue;
    const share = f32x4.splat(1 / total);
    for (let at: usize = 0; at < bytes; at += 16) v128.store(mean + at, f32x4.mul(share, v128.load(mean + at)));
  }
}
