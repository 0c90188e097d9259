import { command } from './command/command.ts';
import { distilbert } from './distilbert/distilbert.ts';
import { encoderHead } from './encoder-head/encoder-head.ts';
import { nbsvm } from './nbsvm/nbsvm.ts';
import { nbsvmDv } from './nbsvm-dv/nbsvm-dv.ts';
import { rnn } from './rnn/rnn.ts';
import type { Trainer } from './trainer.ts';

/** Every way to train; the first is the default. */
export const trainers = [nbsvm, nbsvmDv, distilbert, encoderHead, rnn, command] as unknown as readonly Trainer[];
