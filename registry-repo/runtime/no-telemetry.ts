// ONNX Runtime, from 1.29 on, sends usage data to its maker (names of graphs, numbers of labels, the machine) and keeps
// a device id and a queue under HOME, unless this variable is "1" when its library is loaded; "0" and "" do not count.
// Pawl sets it whatever the user set. A thread's `process.env` is a copy that native code does not see, so every module
// that starts threads or processes that load the library imports this module as well: they inherit the variable. It has
// to be imported before the library.
process.env.ORT_DISABLE_TELEMETRY = '1';
