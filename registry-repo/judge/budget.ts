import type { ModelPolicy } from '../policy.ts';
import type { Evidence, Latency, Measured } from './evidence.ts';
import { errored, type Finding, failed, passed } from './finding.ts';

/**
 * Checks what a candidate may cost compared with the baseline. Without a baseline there is no comparison. With one, a
 * budget whose cost was not measured is an `error`.
 */
export function budget({ budget: rules }: ModelPolicy, evidence: Evidence, measured: Measured): Finding[] {
  if (!rules || !measured.baseline) return [];
  const { sizeRatio, latencyRatio } = rules;
  return [
    ...(sizeRatio === undefined ? [] : [size(sizeRatio, evidence)]),
    ...(latencyRatio === undefined ? [] : [latency(latencyRatio, measured.latency)]),
  ];
}

function size(most: number, { modelBytes, baselineBytes }: Evidence): Finding {
  if (!baselineBytes)
    return errored('size-not-compared', 'gate.json has a budget for size, and the size of the baseline is not told');
  const ratio = modelBytes / baselineBytes;
  const message = `model.onnx has ${modelBytes} bytes, ${times(ratio)} of the baseline's ${baselineBytes}`;
  return ratio <= most
    ? passed('size-within-budget', `${message} ≤ ${most}`)
    : failed('size-over-budget', `${message} > ${most}`);
}

function latency(most: number, measured: Latency | undefined): Finding {
  if (!measured)
    return errored('latency-not-measured', 'gate.json has a budget for latency, which was not measured: judge again');
  const { candidate, baseline, texts, repetitions } = measured;
  const ratio = candidate / baseline;
  const how = `median of ${repetitions} interleaved repetitions of ${texts} texts`;
  const message = `a text takes ${ms(candidate)}, ${times(ratio)} of the baseline's ${ms(baseline)}, in the ${how}`;
  return ratio <= most
    ? passed('latency-within-budget', `${message}; ${most} at most`)
    : failed('latency-over-budget', `${message}; ${most} at most`);
}

const times = (ratio: number): string => ratio.toPrecision(3);
const ms = (milliseconds: number): string => `${milliseconds.toPrecision(3)} ms`;
