import type { Trainer } from '../trainer.ts';
import { CommandConfig } from './config.ts';

/** A program of the user's own: it gets rows as files, reports progress in JSON lines, and leaves an ONNX graph. */
export const command: Trainer<typeof CommandConfig> = {
  name: 'command',
  summary: 'a program of your own, in any language, that writes ONNX',
  config: CommandConfig,
  unlabelled: true,
  train: async (context, config) => (await import('./train.ts')).train(context, config),
};
