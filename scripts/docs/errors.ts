import type { Explained } from './explained.ts';

/** A part of the error codes that belong together, as `docs/reference/errors.md` shows it. */
export type Part = { readonly title: string; readonly rows: readonly Explained[] };

/** Every error code with what it means and what to do. A test compares it with the codes of the source. */
export const errors: readonly Part[] = [
  {
    title: 'Command line and settings',
    rows: [
      {
        codes: ['usage'],
        meaning: 'The command line is wrong',
        advice: 'The message says what to type',
      },
      {
        codes: ['config_invalid'],
        meaning: 'Settings are wrong; the message lists all problems, with file and line',
        advice: 'Fix each; `pawl config` shows the values in effect',
      },
      {
        codes: ['network_setting'],
        meaning:
          'A variable about proxies or certificates (`HTTPS_PROXY`, `SSL_CERT_FILE`, …) cannot be followed; nothing was sent',
        advice: 'The message names variable and file: correct it, or unset it',
      },
      {
        codes: ['not_found'],
        meaning: 'No run, version, event, model or HTTP path has this name',
        advice: 'Take a suggestion, or list the existing names',
      },
      {
        codes: ['unknown_moment'],
        meaning: '`--at` names an event or position that the log does not have',
        advice: 'Find one with `pawl events list`',
      },
      {
        codes: ['not_promotable'],
        meaning: 'There is nothing to promote or to roll back to, or `gate.json` has no rules for the model',
        advice: 'The message says what is possible',
      },
      {
        codes: ['registry_exists'],
        meaning: 'There is something at `registry.path` that is not a registry',
        advice: 'Set another path, or remove it',
      },
      {
        codes: ['registry_gone'],
        meaning: 'The log knows a registry, but there is none at `registry.path`',
        advice: 'Restore it from a clone or a backup; Pawl never replaces it with an empty registry',
      },
      {
        codes: ['files_differ'],
        meaning: '`pawl init` found files with other contents; nothing was written',
        advice: '`--dry-run` shows what it would write; `--force` replaces the files',
      },
      {
        codes: ['hook_exists'],
        meaning: 'The repository has a `post-receive` hook of its own',
        advice: 'Add `pawl watch --once` to it by hand',
      },
      {
        codes: ['hook_elsewhere'],
        meaning: 'Git takes the hooks of the repository from a folder that others may share; nothing was written',
        advice: 'Call `pawl watch --once` there by hand, or `git config core.hooksPath hooks` in a bare repository',
      },
      {
        codes: ['repository_unreadable'],
        meaning: 'The training repository, or its branch, cannot be read or fetched',
        advice:
          'Check `--repo` and `--branch`; for a private URL also the App of `registry.app.id`, which must be installed there, or `PAWL_SECRET_FORGE_TOKEN`',
      },
      {
        codes: ['commit_refused'],
        meaning:
          'A commit of the training repository asks for something that the settings under `watch` do not allow; nothing of it ran',
        advice: 'The message names the setting under `watch` to change, or what to change in the commit',
      },
      {
        codes: ['cannot_listen'],
        meaning: "The server's port is in use or not allowed",
        advice: 'Choose another `--port`, or end the other process',
      },
      {
        codes: ['memory_too_small'],
        meaning:
          "The limit of Node's heap or of the process's address space (`ulimit -v`) is lower than the command's minimum; nothing was started",
        advice: 'Raise that limit; limit memory with a container or cgroup instead',
      },
      {
        codes: ['files_too_few'],
        meaning: 'The process may have fewer than 256 files open at once (`ulimit -n`); nothing was started',
        advice: 'Raise that limit in the shell, service or container that sets it',
      },
    ],
  },
  {
    title: 'Data and downloads',
    rows: [
      {
        codes: ['data_invalid'],
        meaning: 'Rows cannot be used; the message lists the first problems with their lines. Nothing was written',
        advice: 'Fix the lines, or set `data.text`, `data.label`',
      },
      {
        codes: ['import_refused'],
        meaning: 'An imported model cannot become a candidate; nothing was recorded',
        advice: 'The message names all problems: export the model again, or give `--labels`, `--tokenizer`',
      },
      {
        codes: ['invalid_slices'],
        meaning: 'The file given with `--slices` is not a list of named word lists',
        advice: 'Write the file as the message shows',
      },
      {
        codes: ['unknown_label'],
        meaning: '`pawl evaluate` got rows with labels that the model does not know',
        advice: 'Leave those rows out, or train on them',
      },
      {
        codes: ['download_failed'],
        meaning: 'The archive could not be downloaded, or is not the original',
        advice: 'Try again: the download continues. Or give `--data FILE`',
      },
      {
        codes: ['backend_unavailable'],
        meaning: 'A training backend cannot be opened or installed; the message says what is missing',
        advice: 'Run `pawl backend list`; install what it names, or choose another with `--backend`',
      },
      {
        codes: ['weights_invalid'],
        meaning: 'A pretrained model cannot be used; the message names every wrong file, tensor or setting',
        advice: 'Give a Hugging Face folder of BERT or DistilBERT with `model.safetensors`',
      },
      {
        codes: ['model_too_large'],
        meaning: "A model's parameters do not fit into one ONNX file, which must be smaller than 2 GiB",
        advice: 'Use a smaller encoder, or one with fewer subwords',
      },
      {
        codes: ['not_onnx'],
        meaning: '`pawl model show` got a file that is not an ONNX model; the message says where reading ended',
        advice: 'Give an ONNX file, a run or a version',
      },
      {
        codes: ['no_validation_rows'],
        meaning:
          '`training.config.validationShare` does not hold out rows of two labels, so the best epoch cannot be chosen',
        advice: 'Use more rows, raise the share, or set it to 0 to keep the last epoch',
      },
      {
        codes: ['too_few_rows_held_out'],
        meaning:
          '`distilbert` needs held-out rows to blend n-grams with the transformer: at least 30, with some of each label',
        advice: 'Raise `training.config.validationShare`, or set `training.config.ngrams` to false',
      },
      {
        codes: ['processor_lacks_vnni'],
        meaning:
          'The model would give wrong answers on this processor, and gives right answers on one with VNNI; `pawl doctor` names the features of this processor',
        advice: 'Import the float model and `pawl quantize` it, or use another machine',
      },
      {
        codes: ['nothing_to_quantise'],
        meaning: '`pawl quantize` got a graph without matrix products of constant weights; linear models have none',
        advice: 'Do nothing: the model is small already',
      },
      {
        codes: ['sweep_invalid'],
        meaning: 'The file of a sweep has errors; nothing was started',
        advice: 'The message names every wrong point and setting',
      },
      {
        codes: ['trainer_command_failed'],
        meaning:
          'The program of the trainer `command` failed, took too long or wrote no model; the message ends with its last output',
        advice:
          'Fix the program; its contract is under [Train with a program of your own](../guides/training.md#train-with-a-program-of-your-own)',
      },
    ],
  },
  {
    title: 'Event log',
    rows: [
      {
        codes: ['store_unavailable'],
        meaning:
          "The log's file cannot be opened, read or written, or a newer Pawl wrote it; with `events.store: git`, the repository cannot be reached or takes no push",
        advice: 'Check `events.path`, disk and permissions; `events.repository` and `PAWL_SECRET_FORGE_TOKEN`',
      },
      {
        codes: ['log_branch_broken'],
        meaning:
          'The branch that holds the log was rewound, merged or edited, or is not the branch of the local copy; nothing was copied',
        advice: 'Find out who pushed it; reset the branch to the commit that the message names',
      },
      {
        codes: ['log_behind_registry'],
        meaning:
          'The log does not hold what a checkpoint on main proves that it held: it is empty, an older copy or another log; nothing was answered or written',
        advice:
          'Mount what is missing, or put back a copy with `pawl events restore`; then `pawl reconcile` takes up what main proves happened since: [when the log is lost](../guides/storage.md#when-the-log-is-lost)',
      },
      {
        codes: ['backup_unusable'],
        meaning: 'A file cannot be restored as the log: it is damaged, or a copy of another log; nothing was changed',
        advice: 'Take another copy; the message says what is wrong with this one',
      },
      { codes: ['stream_conflict'], meaning: 'Another process wrote first', advice: 'Run the command again' },
      {
        codes: ['unreadable_event'],
        meaning: 'Stored bytes are not an event that this version of Pawl knows',
        advice: 'Update Pawl; if that does not help, `pawl audit` says what changed',
      },
      {
        codes: ['view_newer'],
        meaning: 'A newer Pawl has rebuilt the views',
        advice: 'Update Pawl, or delete the file at `events.views`',
      },
      {
        codes: ['views_busy'],
        meaning: 'Other processes replaced the views each time that this one had read the log',
        advice: 'Try again when they are through',
      },
      {
        codes: ['invalid_checkpoint'],
        meaning: 'A checkpoint is malformed or not signed by the expected key',
        advice: 'Run `pawl audit`',
      },
      {
        codes: ['invalid_append', 'invalid_event', 'partial_retry'],
        meaning: 'Pawl tried to write something wrong; nothing was written',
        advice: 'A bug: report it',
      },
    ],
  },
  {
    title: 'Registry and keys',
    rows: [
      {
        codes: ['key_unusable', 'malformed_key'],
        meaning: 'A key is missing or malformed',
        advice: 'Run `pawl registry init`, or copy the key from the machine that made the registry',
      },
      {
        codes: ['git_unusable'],
        meaning: 'git is missing, older than 2.38, or cannot be started; nothing was done',
        advice: '[Installation](../guides/installation.md) says which systems include it',
      },
      {
        codes: ['git_folder_refused'],
        meaning:
          'a repository’s folder belongs to another user, takes objects from other folders, or (a mirror or the log’s copy) has settings that neither git nor Pawl wrote; nothing in it was read or run',
        advice:
          'Do what the message says, if you trust the owner: `git config --global --add safe.directory FOLDER`, `git repack -a -d` without the alternates, or `git config --unset-all` of that setting',
      },
      {
        codes: ['git_failed'],
        meaning: 'git failed, or was stopped',
        advice: "Check that the path is a repository; the message contains git's own message",
      },
      {
        codes: ['merge_unfaithful'],
        meaning: 'The forge merged something other than what was judged',
        advice: 'Run `pawl audit`, then `pawl rollback --reason "…"`',
      },
      {
        codes: ['push_unknown'],
        meaning: '`--trigger push` was used outside a job of GitHub Actions and outside a checkout',
        advice: 'Leave the flag out, or run the command there',
      },
      {
        codes: ['forge_failed'],
        meaning: 'The pull request does not exist, or the forge refused or cannot be reached',
        advice: 'Run `pawl registry status`',
      },
      {
        codes: ['gate_unfit'],
        meaning:
          'The folder that models are scored in is missing, full or not owned by this user; nothing was proposed',
        advice: 'Set `TMPDIR` to a folder with free space',
      },
      {
        codes: ['score_engine'],
        meaning: 'The process that runs models could not be started',
        advice: 'Run `pawl doctor`, then `npm ci`',
      },
      {
        codes: ['gate_timeout'],
        meaning:
          "The registry's own gate has not answered in time, or another process still promotes the model; the promotion stays open",
        advice: "Check the registry's workflow runs, or the process that the message names, then run `pawl reconcile`",
      },
      {
        codes: ['ref_locked'],
        meaning: 'Another git holds a lock in the repository, or was killed while it held one; nothing was moved',
        advice:
          'Try again in a minute: a lock that no git process holds is removed once it is 60 s old. `pawl doctor` lists locks',
      },
      {
        codes: ['output_failed'],
        meaning: 'A file that you named cannot be written; the message says why. What was there is as it was',
        advice: 'Make the folder, make room, or name another file',
      },
      {
        codes: ['lock_held'],
        meaning: 'Another process of Pawl has been at the same for a minute; the message names it. Nothing was done',
        advice: 'Wait for it or end it, and try again: the lock of a process that is gone is taken over by itself',
      },
      {
        codes: ['contended'],
        meaning: 'Other processes changed the same each time that this one had decided; what is open stays open',
        advice: '`pawl events list` shows what they do; then `pawl reconcile`',
      },
      {
        codes: ['ref_moved', 'merge_refused'],
        meaning: 'Another process moved the branch or main first; nothing was merged',
        advice: 'Run `pawl reconcile`',
      },
      {
        codes: ['nothing_in_production'],
        meaning: 'No version of the model is in production',
        advice: 'Run `pawl promote`',
      },
      {
        codes: ['file_missing', 'malformed_file', 'forbidden_mode', 'file_too_large', 'ambiguous_path'],
        meaning: 'A file of the registry is missing, malformed, too large or of a forbidden kind',
        advice: '`pawl registry log` shows which commit changed it',
      },
      {
        codes: ['verdict_missing'],
        meaning: 'The version in production names no verdict, or a verdict that is not in this repository',
        advice: 'Fetch `refs/pawl/verdicts/*`; if that does not help, roll back',
      },
      {
        codes: ['verdict_invalid'],
        meaning:
          "The verdict is malformed, not signed by a trusted key, outside its key's time, used twice, or about something else",
        advice: 'Check `*.pub.json` in `keys.path`; roll back',
      },
      {
        codes: ['no_merge_facts'],
        meaning: "A commit's message has none of Pawl's trailers, or malformed ones",
        advice: 'Run `pawl registry log`',
      },
      {
        codes: ['registry_drifted'],
        meaning: 'Main was tampered with: its contents are not what was judged',
        advice: 'Run `pawl registry log`; roll back',
      },
      {
        codes: ['version_revoked'],
        meaning: '`gate.json` revokes the version in production',
        advice: 'Run `pawl rollback`',
      },
    ],
  },
  {
    title: 'Artifacts and models',
    rows: [
      {
        codes: ['artifact_missing'],
        meaning:
          'The store has no bytes with this digest. If the log is shared and the store is not, another machine may have them: then the audit only warns',
        advice:
          'Restore `artifacts.path` from a backup or from the machine that has it, or train again with `--like`. Machines that share a log need a store that they share: `artifacts.store`',
      },
      {
        codes: ['artifact_corrupt'],
        meaning: 'Bytes do not match their digest; they were not used',
        advice: 'As `artifact_missing`; `pawl artifacts verify` finds all such bytes',
      },
      {
        codes: ['artifact_too_large'],
        meaning: 'The bytes exceed the limit of the reader',
        advice: 'Raise the limit that the message names',
      },
      {
        codes: ['artifact_store_unavailable'],
        meaning: 'The store is full, denies access, or does not work',
        advice: 'Free space, or fix permissions',
      },
      {
        codes: ['file_differs'],
        meaning: "The digest or size of a version's file differs from its manifest",
        advice: 'As `artifact_corrupt`',
      },
      {
        codes: ['malformed_rows'],
        meaning: 'The bytes of an evaluation set are not in the form that Pawl writes',
        advice: 'As `artifact_corrupt`',
      },
      {
        codes: ['malformed_counts'],
        meaning: 'Counts are not a confusion matrix of these labels',
        advice: 'As for `gate-fault` below',
      },
      {
        codes: ['training_thread_failed'],
        meaning: 'A thread of a training run failed or ended',
        advice: 'If memory was low, use fewer `training.workers`; otherwise this is a bug: report it',
      },
      {
        codes: ['model_refused'],
        meaning: 'The runtime refuses the model, or the model gives no probabilities',
        advice: 'Check the run with `pawl runs show`; train again',
      },
    ],
  },
  {
    title: 'Answers of the server (with the HTTP status)',
    rows: [
      { codes: ['invalid_body'], meaning: '400: not UTF-8 or not JSON', advice: 'Send JSON' },
      {
        codes: ['invalid_delivery'],
        meaning: '400: a webhook has no usable id or event',
        advice: 'Send the headers that the forge sends',
      },
      {
        codes: ['signature_wrong'],
        meaning: '401: a webhook has no signature, or a wrong one; nothing was done',
        advice: 'Set the same secret on the forge and in `PAWL_SECRET_WEBHOOK`',
      },
      {
        codes: ['webhooks_off'],
        meaning: '404: the server accepts no webhooks',
        advice: 'Start it with `PAWL_SECRET_WEBHOOK` set',
      },
      {
        codes: ['method_not_allowed'],
        meaning: '405: the path does not have this method',
        advice: 'See the header `Allow`',
      },
      {
        codes: ['body_too_large'],
        meaning: '413: the body is too large',
        advice: 'Send less, or raise `server.limits.bodyBytes`',
      },
      {
        codes: ['host_unknown'],
        meaning: '421: the request is for a host name that is not in `server.hosts`',
        advice: 'Add the name to `server.hosts`, or use the numeric address',
      },
      {
        codes: ['unsupported_media_type'],
        meaning: '415: the body is not sent as JSON',
        advice: 'Send `content-type: application/json`',
      },
      {
        codes: ['invalid_request'],
        meaning: '422: the body is not what the path expects; `errors` lists the wrong parts',
        advice: 'Fix the wrong parts',
      },
      {
        codes: ['queue_full'],
        meaning: '429: the server is busy and rejects: too many texts are waiting, or too many bytes are held',
        advice: 'Try again in a second; raise `server.workers`',
      },
      { codes: ['request_aborted'], meaning: '499: the client closed the connection', advice: '–' },
      {
        codes: ['model_failed', 'worker_lost'],
        meaning: '500: the model gave no usable answer, or its process ended',
        advice: "Try another text; read the server's log",
      },
      {
        codes: ['text_crashes_model'],
        meaning: "500: the model's process ended twice at this text",
        advice: 'Send another text, or promote a version that can answer it',
      },
      {
        codes: ['internal'],
        meaning: '500, or from the command line: an unexpected error',
        advice: 'A bug: report it',
      },
      {
        codes: ['model_not_ready'],
        meaning: '503: no model is loaded; the detail has a code',
        advice: "Read the server's log, and run `pawl registry status`",
      },
      {
        codes: ['overloaded'],
        meaning: '503: no worker was free before the deadline',
        advice: 'Use more workers, or more servers',
      },
      { codes: ['shutting_down'], meaning: '503: the server is stopping', advice: 'Use another server' },
      {
        codes: ['deadline_exceeded', 'worker_hung'],
        meaning: '504: the answer was not ready in time; a process that hangs is killed',
        advice: 'Send shorter texts, or raise `server.deadlineMs`',
      },
    ],
  },
  {
    title:
      "Why a server keeps the old version (in `GET /model` and in `ModelActivationRefused`), besides the registry's codes above",
    rows: [
      {
        codes: ['main_moved_back'],
        meaning:
          "Main's line of first parents does not hold the commit that the server last settled on, or a version number has other contents",
        advice:
          'Find out with `pawl registry log` who moved main. If main is right, run `pawl registry accept-main --reason "…"`',
      },
      {
        codes: ['settled_unreadable', 'settled_unwritable'],
        meaning: 'The state of the server (`.pawl/servers/`) cannot be read or written',
        advice: 'Restore the file or fix the folder; or check main, and accept it as above',
      },
      {
        codes: ['production_missing'],
        meaning: 'Main no longer has a version of the model',
        advice: 'Run `pawl registry log`',
      },
      {
        codes: ['model_unloadable'],
        meaning: "No worker can load the model's bytes",
        advice: 'Roll back, and run `pawl doctor`',
      },
      {
        codes: ['self_test_failed'],
        meaning: "The model does not repeat its manifest's golden answers on this machine",
        advice: 'Roll back, or compare the machines',
      },
    ],
  },
];
