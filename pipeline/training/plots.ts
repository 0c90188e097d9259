import { CALIBRATION_FILE, HISTORY_FILE, PRECISION_RECALL_FILE } from '../../registry-repo/manifest.ts';
import { type AnswerCounts, meanCurve } from '../evaluation/answer-counts.ts';
import { calibrationPlot } from '../plots/calibration.ts';
import { historyPlot, type Series } from '../plots/history.ts';
import { precisionRecallPlot } from '../plots/precision-recall.ts';
import { COLOURS } from '../plots/svg.ts';
import type { TrainedModel } from './trainer.ts';

/** The largest plot: a browser shows it in a report, and git keeps it for ever. */
const MAX_PLOT_BYTES = 100_000;

/** The candidate's plots as files: those that can be drawn, and are small enough. */
export function plotFiles(history: readonly Series[], answers: AnswerCounts): TrainedModel['files'] {
  const plots: [string, string | null][] = [
    [HISTORY_FILE, historyPlot(history)],
    [PRECISION_RECALL_FILE, precisionRecall(answers)],
    [CALIBRATION_FILE, answers.rows > 0 ? calibrationPlot(answers.calibration()) : null],
  ];
  return plots.flatMap(([path, text]) => {
    const bytes = Buffer.from(text ?? '', 'utf8');
    return bytes.length > 0 && bytes.length <= MAX_PLOT_BYTES ? [{ path, bytes }] : [];
  });
}

function precisionRecall(answers: AnswerCounts): string | null {
  const curves = answers.curves();
  if (curves.length === 0) return null;
  return curves.length <= COLOURS
    ? precisionRecallPlot(curves, answers.rows)
    : precisionRecallPlot([meanCurve(curves)], answers.rows, curves.length);
}
