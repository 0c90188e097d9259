import { type Finding, failed, shown } from '../judge/finding.ts';
import type { Manifest } from '../manifest.ts';
import { integerDivisions } from './integer-division.ts';
import { type Graph, type Model, ModelShape, type Node, type Tensor } from './messages.ts';
import { NEWEST_IR, NEWEST_OPSET, OPERATORS, SHAPE_INPUTS } from './operators.ts';
import { signatureFindings } from './signature.ts';
import { smallInts, tensorProblem } from './tensors.ts';
import { Input, readMessage, WireError } from './wire.ts';

const MAX_NODES = 50_000;
const MAX_OPERANDS = 1000;
/** The most elements of one tensor that a graph makes itself; a gigabyte of floats. */
const MAX_MADE_UP = 2 ** 28;

/**
 * Checks a model file before ONNX Runtime reads a byte of it: data inside the file, tensors as large as they say, only
 * known operators, no control flow, no functions, the inputs and outputs of the manifest's contract.
 *
 * It is total: whatever the bytes are, it ends soon and returns findings. If there are none, the runtime may load the
 * model.
 */
export function scanOnnx(bytes: Uint8Array, contract: Manifest['contract']): Finding[] {
  const input = new Input(bytes);
  let model: Model;
  try {
    model = readMessage(ModelShape, input);
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    return [
      ...input.log.findings,
      failed('unparseable', `not an ONNX model: ${cause.message} (near byte ${input.at})`),
    ];
  }
  const { graph } = model;
  const findings = [...input.log.findings, ...versionFindings(model)];
  if (!graph) return [...findings, failed('no-graph', 'not an ONNX model: it has no graph')];
  return [
    ...findings,
    ...nodeFindings(graph, new Set(model.opsets.map((o) => domainOf(o.domain)))),
    ...tensorFindings(graph),
    ...amplification(graph),
    ...integerDivisions(graph),
    ...signatureFindings(graph, contract),
  ].slice(0, 100);
}

const domainOf = (domain: string | null): string => (domain === 'ai.onnx' ? '' : (domain ?? ''));

function versionFindings(model: Model): Finding[] {
  const findings: Finding[] = [];
  const ir = model.irVersion ?? 0;
  if (!(ir >= 3 && ir <= NEWEST_IR))
    findings.push(failed('ir-version', `IR version ${ir}: 3 to ${NEWEST_IR} are known`));
  const seen = new Set<string>();
  for (const { domain: named, version } of model.opsets) {
    const domain = domainOf(named);
    const newest = NEWEST_OPSET.get(domain);
    if (newest === undefined) findings.push(failed('operator-domain', `operators of the domain ${shown(domain)}`));
    else if (!(version !== null && version >= 1 && version <= newest))
      findings.push(failed('opset-version', `operator set ${version} of ${shown(domain)}: 1 to ${newest} are known`));
    if (seen.has(domain)) findings.push(failed('repeated-field', `the operator set ${shown(domain)} is named twice`));
    seen.add(domain);
  }
  return findings;
}

function nodeFindings({ nodes }: Graph, domains: ReadonlySet<string>): Finding[] {
  if (nodes.length > MAX_NODES) return [failed('too-many-nodes', `${nodes.length} nodes, ${MAX_NODES} at most`)];
  const unknown = new Map<string, Finding>();
  for (const node of nodes) {
    const problem = nodeProblem(node, domains);
    if (problem) unknown.set(problem.message, problem);
  }
  return [...unknown.values()].slice(0, 20);
}

function nodeProblem(node: Node, domains: ReadonlySet<string>): Finding | null {
  const domain = domainOf(node.domain);
  const operator = node.operator ?? '';
  const allowed = OPERATORS.get(domain);
  if (!allowed) return failed('operator-domain', `the operator ${shown(operator)} of the domain ${shown(domain)}`);
  if (!allowed.has(operator))
    return failed('operator', `the operator ${shown(operator)} is not among those a candidate may use`);
  if (!domains.has(domain)) return failed('opset-version', `the operator set ${shown(domain)} is used, but not named`);
  const operands = node.inputs.length + node.outputs.length + node.attributes.length;
  return operands > MAX_OPERANDS ? failed('too-many-operands', `${operator} has ${operands} operands`) : null;
}

function tensorFindings(graph: Graph): Finding[] {
  const findings: Finding[] = [];
  const check = (tensor: Tensor, where: string) => {
    const problem = tensorProblem(tensor);
    if (problem && findings.length < 20) findings.push(failed(problem[0], `the tensor ${where}: ${problem[1]}`));
  };
  const names = new Set<string>();
  for (const tensor of graph.initializers) {
    const name = tensor.name ?? '';
    check(tensor, shown(name));
    if ((name === '' || names.has(name)) && findings.length < 20)
      findings.push(failed('tensor-name', `a tensor is named ${shown(name)}, which is empty or taken`));
    names.add(name);
  }
  for (const node of graph.nodes)
    for (const { t, tensors } of node.attributes)
      for (const tensor of t ? [t, ...tensors] : tensors)
        check(tensor, `in ${shown(node.name ?? node.operator ?? '')}`);
  return findings;
}

/**
 * Finds tensors that a few bytes make large. Only constant shapes are seen here; the scorer's memory limit stops the
 * others.
 */
function amplification({ nodes, initializers }: Graph): Finding[] {
  const constants = new Map<string, Tensor>(initializers.map((t) => [t.name ?? '', t]));
  for (const node of nodes) {
    const value = node.operator === 'Constant' ? node.attributes.find((a) => a.name === 'value')?.t : null;
    if (value && node.outputs[0]) constants.set(node.outputs[0], value);
  }
  const findings: Finding[] = [];
  for (const node of nodes)
    for (const index of SHAPE_INPUTS.get(node.operator ?? '') ?? []) {
      const shape = constants.get(node.inputs[index] ?? '');
      const elements = (shape && smallInts(shape))?.reduce((product, dim) => product * Math.abs(dim), 1) ?? 0;
      if (elements > MAX_MADE_UP && findings.length < 20)
        findings.push(failed('made-up-tensor', `${node.operator} makes a tensor of ${elements} elements`));
    }
  return findings;
}
