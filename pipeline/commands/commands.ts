import type { Workspace } from '../workspace.ts';
import type { Verb } from './command.ts';

/**
 * Every verb, in the order of the help: first the flow, then what shows it afterwards. Each is loaded when it is
 * called.
 */
export const verbs: readonly Verb<Workspace>[] = [
  {
    name: 'up',
    takes: '[options]',
    summary: 'set up everything: registry, first model, gate, server',
    load: async () => (await import('./up.ts')).up,
  },
  {
    name: 'demo',
    takes: '',
    summary:
      'show the whole life of a model once, in a temporary folder: blocked, promoted, swapped, rolled back, audited',
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'init',
    takes: '[options]',
    summary: 'prepare a repository: settings, and on GitHub the workflow that trains on every push',
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'train',
    takes: '[options] [command...]',
    summary: 'train a model; the result is a candidate for promotion',
    load: async () => (await import('./train.ts')).train,
  },
  {
    name: 'sweep',
    takes: '[options] <file>',
    summary: 'try many settings of a trainer; each is a run, measured on rows held out of the training rows',
    load: async () => (await import('./sweep.ts')).sweep,
  },
  {
    name: 'sweep point',
    takes: '[options] <file>',
    summary: 'run one point of a sweep, if it has no completed run yet; executors call this',
    load: async () => (await import('./sweep-point.ts')).sweepPoint,
  },
  {
    name: 'import',
    takes: '[options]',
    summary:
      'import a model that another program trained: an ONNX graph and its tokenizer become a run and a candidate',
    load: async () => (await import('./import.ts')).importModel,
  },
  {
    name: 'quantize',
    takes: '[options] <model>',
    summary: 'make a smaller, faster candidate from a model: weights as bytes',
    load: async () => (await import('./quantize.ts')).quantize,
  },
  {
    name: 'evaluate',
    takes: '[options] <model>',
    summary: 'measure a run’s or version’s model on any labelled data',
    load: async () => (await import('./evaluate.ts')).evaluate,
  },
  {
    name: 'promote',
    takes: '[options] [run]',
    summary: 'open a pull request that makes a candidate the baseline, and let the gate decide',
    load: async () => (await import('./promote.ts')).promote,
  },
  {
    name: 'gate',
    takes: '[options] <number>',
    summary: 'judge a pull request of the registry, and show the verdict; nothing is merged or recorded',
    load: async () => (await import('./gate.ts')).gate,
  },
  {
    name: 'gate evaluate',
    takes: '[options]',
    summary: 'measure one commit of a pull request; needs no right to change anything',
    load: async () => (await import('./gate-evaluate.ts')).gateEvaluate,
  },
  {
    name: 'gate publish',
    takes: '[options]',
    summary: 'judge by the counts of `pawl gate evaluate`, sign the verdict, show it, and merge on a pass',
    load: async () => (await import('./gate-publish.ts')).gatePublish,
  },
  {
    name: 'gate watch',
    takes: '[options]',
    summary: 'judge the registry’s open pull requests on this machine, which has the gate’s key, and merge what passes',
    load: async () => (await import('./gate-watch.ts')).gateWatch,
  },
  {
    name: 'approve',
    takes: '<number>',
    summary: 'approve a pull request of the registry, at its current commit',
    load: async () => (await import('./approve.ts')).approve,
  },
  {
    name: 'rollback',
    takes: '[options]',
    summary: 'go back to a version that was in production, through a pull request and the gate',
    load: async () => (await import('./rollback.ts')).rollback,
  },
  {
    name: 'reconcile',
    takes: '[options]',
    summary: 'finish what was left half done, and report changes of main that Pawl did not make',
    load: async () => (await import('./reconcile.ts')).reconcile,
  },
  {
    name: 'serve',
    takes: '[options]',
    summary: 'answer over HTTP with the version that the registry has in production, and follow main',
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'predict',
    takes: '[options] [text...]',
    summary: 'classify texts with the model in production',
    load: async () => (await import('./predict.ts')).predict,
  },
  {
    name: 'watch',
    takes: '[options]',
    summary: 'start a run for each new commit of a training repository',
    load: async () => (await import('./watch.ts')).watch,
  },
  {
    name: 'hook install',
    takes: '[options]',
    summary: 'make a repository start a run on every push to it',
    load: async () => (await import('./hook-install.ts')).hookInstall,
  },
  {
    name: 'baseline',
    takes: '[options] [model]',
    summary: 'show what is in production now, or was at an earlier moment',
    load: async () => (await import('./baseline.ts')).baselineShow,
  },
  {
    name: 'why',
    takes: '[options] [version]',
    summary: 'show why a version is, was, or is not in production, and check every link of the chain',
    load: async () => (await import('./why.ts')).why,
  },
  {
    name: 'audit',
    takes: '[options]',
    summary: 'replay everything and prove why each model was in production',
    load: async () => (await import('./audit.ts')).auditAll,
  },
  {
    name: 'runs list',
    takes: '[options]',
    summary: 'list training runs, newest first',
    load: async () => (await import('./runs-list.ts')).runsList,
  },
  {
    name: 'runs show',
    takes: '[options] <run>',
    summary: 'show one run: its data, settings, metrics and candidate',
    load: async () => (await import('./runs-show.ts')).runsShow,
  },
  {
    name: 'runs compare',
    takes: '[options] [runs...]',
    summary: 'put runs side by side; what differs is shown first',
    load: async () => (await import('./runs-compare.ts')).runsCompare,
  },
  {
    name: 'runs end',
    takes: '[options] <run>',
    summary: 'end a run whose process cannot be asked: another machine’s, or a stuck one',
    load: async () => (await import('./runs-end.ts')).runsEnd,
  },
  {
    name: 'events list',
    takes: '[options]',
    summary: 'show events in the order of the log',
    load: async () => (await import('./events-list.ts')).eventsList,
  },
  {
    name: 'events show',
    takes: '[options] <event>',
    summary: 'show one event in full, and whether its hash still matches its bytes',
    load: async () => (await import('./events-show.ts')).eventsShow,
  },
  {
    name: 'events verify',
    takes: '[options]',
    summary: 'check every event’s hash, chain, order and shape',
    load: async () => (await import('./events-verify.ts')).eventsVerify,
  },
  {
    name: 'events export',
    takes: '[options]',
    summary: 'write the log as lines of JSON',
    load: async () => (await import('./events-export.ts')).eventsExport,
  },
  {
    name: 'events backup',
    takes: '<file>',
    summary: 'copy the whole log into a new file; other processes may write meanwhile',
    load: async () => (await import('./events-backup.ts')).eventsBackup,
  },
  {
    name: 'events restore',
    takes: '<file>',
    summary: 'put a copy of the log in its place, if main proves that it is one',
    load: async () => (await import('./events-restore.ts')).eventsRestore,
  },
  {
    name: 'model show',
    takes: '[options] <model>',
    summary: 'show what a model contains: inputs, outputs, operators, parameters and size',
    load: async () => (await import('./model-show.ts')).modelShow,
  },
  {
    name: 'registry init',
    takes: '[options]',
    summary: 'make the registry: a git repository whose main branch is production',
    load: async () => (await import('./registry-init.ts')).registryInit,
  },
  {
    name: 'registry configure',
    takes: '[options]',
    summary: 'change the registry’s rules, with a pull request that you merge, not the gate',
    load: async () => (await import('./registry-configure.ts')).registryConfigure,
  },
  {
    name: 'registry status',
    takes: '[options]',
    summary: 'verify and show what main has in production, and show what is open',
    load: async () => (await import('./registry-status.ts')).registryStatus,
  },
  {
    name: 'registry log',
    takes: '[options]',
    summary: 'show main, commit by commit, and what explains each',
    load: async () => (await import('./registry-log.ts')).registryLog,
  },
  {
    name: 'registry accept-main',
    takes: '[options]',
    summary: 'make a server follow main, although main does not continue from what the server had settled on',
    load: async () => (await import('./registry-accept-main.ts')).registryAcceptMain,
  },
  {
    name: 'artifacts list',
    takes: '[options]',
    summary: 'show what is in the artifact store',
    load: async () => (await import('./artifacts-list.ts')).artifactsList,
  },
  {
    name: 'artifacts verify',
    takes: '[options]',
    summary: 'read everything in the artifact store and compare it with its digest',
    load: async () => (await import('./artifacts-verify.ts')).artifactsVerify,
  },
  {
    name: 'artifacts gc',
    takes: '[options]',
    summary: 'remove stored bytes that no event and no registry commit refers to',
    load: async () => (await import('./artifacts-gc.ts')).artifactsGc,
  },
  {
    name: 'backend list',
    takes: '[options]',
    summary: 'show which training backends are usable here, how fast they are, and why others are not',
    load: async () => (await import('./backend-list.ts')).backendList,
  },
  {
    name: 'backend install',
    takes: '[options]',
    summary: 'install the TensorFlow backend for training: build its addon on the TensorFlow of a Python package',
    load: async () => (await import('./backend-install.ts')).backendInstall,
  },
  {
    name: 'config',
    takes: '[options]',
    summary: 'show every setting, its value, and where the value came from',
    load: async () => (await import('./config.ts')).configShow,
  },
  {
    name: 'doctor',
    takes: '[options]',
    summary: 'look for what is missing or unsafe, and say how to fix it',
    load: async () => (await import('./doctor.ts')).doctor,
  },
];
