import { suite } from 'uvu';
import { killedTraining } from '../../../support/killed-training.ts';

// Checkpoints of a transformer are larger, and so is the chance to die while one is written.

const s = suite('a transformer’s training that is killed');

killedTraining(s, 'distilbert');

s.run();
