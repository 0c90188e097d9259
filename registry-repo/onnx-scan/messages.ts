import {
  bytes,
  float,
  floats,
  forbidden,
  int,
  ints,
  type MessageOf,
  message,
  messages,
  packedFixed,
  packedVarints,
  shape,
  text,
  texts,
} from './wire.ts';

// The part of onnx.proto (ONNX 1.19, IR 13) that a candidate may use. There is no recursion in it: graphs inside graphs,
// and types of types, are forbidden fields.

const SUBGRAPH = 'a graph inside a node (If, Loop, Scan): control flow cannot be bounded before it runs';
const SPARSE = 'a sparse tensor: no model of ours needs one, and their indices are followed unchecked by some runtimes';

const Pair = shape('StringStringEntryProto', { key: text(1), value: text(2) });

const TensorShape = shape('TensorProto', {
  dims: ints(1),
  dataType: int(2),
  segment: forbidden(3, 'tensor-segment', 'a tensor in segments'),
  floatData: packedFixed(4, 4),
  int32Data: packedVarints(5),
  stringData: forbidden(6, 'string-tensor', 'a tensor of strings: text is turned into numbers before the graph'),
  int64Data: packedVarints(7),
  name: text(8),
  rawData: bytes(9),
  doubleData: packedFixed(10, 8),
  uint64Data: packedVarints(11),
  docString: text(12),
  externalData: forbidden(
    13,
    'external-data',
    'a tensor whose data is in another file: it could name any file of the host',
  ),
  dataLocation: int(14),
  metadata: messages(16, Pair),
});
export type Tensor = MessageOf<typeof TensorShape>;

const AttributeShape = shape('AttributeProto', {
  name: text(1),
  f: float(2),
  i: int(3),
  s: bytes(4),
  t: message(5, TensorShape),
  g: forbidden(6, 'subgraph', SUBGRAPH),
  floats: floats(7),
  ints: ints(8),
  strings: texts(9),
  tensors: messages(10, TensorShape),
  graphs: forbidden(11, 'subgraph', SUBGRAPH),
  docString: text(13),
  typeProto: forbidden(14, 'type-attribute', 'a type as an attribute'),
  typeProtos: forbidden(15, 'type-attribute', 'types as an attribute'),
  type: int(20),
  reference: forbidden(21, 'function', 'an attribute that refers to a function'),
  sparse: forbidden(22, 'sparse-tensor', SPARSE),
  sparses: forbidden(23, 'sparse-tensor', SPARSE),
});

const NodeShape = shape('NodeProto', {
  inputs: texts(1),
  outputs: texts(2),
  name: text(3),
  operator: text(4),
  attributes: messages(5, AttributeShape),
  docString: text(6),
  domain: text(7),
  overload: forbidden(8, 'function', 'a node that calls an overloaded function'),
  metadata: messages(9, Pair),
  devices: forbidden(10, 'device-configuration', 'a node that asks for devices'),
});
export type Node = MessageOf<typeof NodeShape>;

const OTHER_TYPE = 'a value that is no tensor (a sequence, a map, an optional)';
const DimensionShape = shape('Dimension', { value: int(1), parameter: text(2), denotation: text(3) });
const SizesShape = shape('TensorShapeProto', { dimensions: messages(1, DimensionShape) });
const TypeShape = shape('TypeProto', {
  tensor: message(1, shape('TypeProto.Tensor', { elementType: int(1), shape: message(2, SizesShape) })),
  sequence: forbidden(4, 'value-type', OTHER_TYPE),
  map: forbidden(5, 'value-type', OTHER_TYPE),
  denotation: text(6),
  opaque: forbidden(7, 'value-type', OTHER_TYPE),
  sparse: forbidden(8, 'sparse-tensor', SPARSE),
  optional: forbidden(9, 'value-type', OTHER_TYPE),
});
const ValueShape = shape('ValueInfoProto', {
  name: text(1),
  type: message(2, TypeShape),
  docString: text(3),
  metadata: messages(4, Pair),
});
export type Value = MessageOf<typeof ValueShape>;

const GraphShape = shape('GraphProto', {
  nodes: messages(1, NodeShape),
  name: text(2),
  initializers: messages(5, TensorShape),
  docString: text(10),
  inputs: messages(11, ValueShape),
  outputs: messages(12, ValueShape),
  values: messages(13, ValueShape),
  quantization: messages(14, shape('TensorAnnotation', { tensor: text(1), parameters: messages(2, Pair) })),
  sparse: forbidden(15, 'sparse-tensor', SPARSE),
  metadata: messages(16, Pair),
});
export type Graph = MessageOf<typeof GraphShape>;

export const ModelShape = shape('ModelProto', {
  irVersion: int(1),
  producerName: text(2),
  producerVersion: text(3),
  domain: text(4),
  modelVersion: int(5),
  docString: text(6),
  graph: message(7, GraphShape),
  opsets: messages(8, shape('OperatorSetIdProto', { domain: text(1), version: int(2) })),
  metadata: messages(14, Pair),
  training: forbidden(20, 'training-info', 'training information'),
  functions: forbidden(25, 'function', 'a function of its own'),
  devices: forbidden(26, 'device-configuration', 'device configurations'),
});
export type Model = MessageOf<typeof ModelShape>;
