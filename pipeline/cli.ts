#!/usr/bin/env node
// First: whether the program can run here at all. Everything else is loaded only afterwards, because loading takes
// memory itself.
import './platform-check.ts';
import './host-check.ts';
import './limits-check.ts';

await import('./here.ts');
