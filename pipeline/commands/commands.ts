import type { Workspace } from '../workspace.ts';
import { approve } from './approve.ts';
import { artifactsGc } from './artifacts-gc.ts';
import { artifactsList } from './artifacts-list.ts';
import { artifactsVerify } from './artifacts-verify.ts';
import { auditAll } from './audit.ts';
import { backendInstall } from './backend-install.ts';
import { backendList } from './backend-list.ts';
import { baselineShow } from './baseline.ts';
import type { Command } from './command.ts';
import { configShow } from './config.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { evaluate } from './evaluate.ts';
import { eventsBackup } from './events-backup.ts';
import { eventsExport } from './events-export.ts';
import { eventsList } from './events-list.ts';
import { eventsShow } from './events-show.ts';
import { eventsVerify } from './events-verify.ts';
import { gate } from './gate.ts';
import { gateEvaluate } from './gate-evaluate.ts';
import { gatePublish } from './gate-publish.ts';
import { hookInstall } from './hook-install.ts';
import { importModel } from './import.ts';
import { init } from './init.ts';
import { modelShow } from './model-show.ts';
import { predict } from './predict.ts';
import { promote } from './promote.ts';
import { quantizeModel } from './quantize.ts';
import { reconcile } from './reconcile.ts';
import { registryAcceptMain } from './registry-accept-main.ts';
import { registryConfigure } from './registry-configure.ts';
import { registryInit } from './registry-init.ts';
import { registryLog } from './registry-log.ts';
import { registryStatus } from './registry-status.ts';
import { rollback } from './rollback.ts';
import { runsCompare } from './runs-compare.ts';
import { runsList } from './runs-list.ts';
import { runsShow } from './runs-show.ts';
import { serve } from './serve.ts';
import { sweep } from './sweep.ts';
import { sweepPoint } from './sweep-point.ts';
import { train } from './train.ts';
import { up } from './up.ts';
import { watch } from './watch.ts';
import { why } from './why.ts';

/** Every verb, in the order that help shows them: the flow first, then what looks back at it. */
export const commands: readonly Command<Workspace>[] = [
  up,
  demo,
  init,
  train,
  sweep,
  sweepPoint,
  importModel,
  quantizeModel,
  evaluate,
  promote,
  gate,
  gateEvaluate,
  gatePublish,
  approve,
  rollback,
  reconcile,
  serve,
  predict,
  watch,
  hookInstall,
  baselineShow,
  why,
  auditAll,
  runsList,
  runsShow,
  runsCompare,
  eventsList,
  eventsShow,
  eventsVerify,
  eventsExport,
  eventsBackup,
  modelShow,
  registryInit,
  registryConfigure,
  registryStatus,
  registryLog,
  registryAcceptMain,
  artifactsList,
  artifactsVerify,
  artifactsGc,
  backendList,
  backendInstall,
  configShow,
  doctor,
];
