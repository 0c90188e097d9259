import { suite } from 'uvu';
import { killedTraining } from '../../../support/killed-training.ts';

// Of the two trainers that keep checkpoints, the quicker one; kill.slow.ts has the other.

const s = suite('a training that is killed');

killedTraining(s, 'rnn');

s.run();
