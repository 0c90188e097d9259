import type { Bounds } from '../../registry-repo/model-process/confined.ts';
import { withoutSandbox } from '../../registry-repo/model-process/isolation.ts';

/** For test programs, which read and write files that a sandbox would hide. */
export const TEST_BOUNDS: Bounds = { megabytes: 2000, isolation: withoutSandbox };
