package io.halfstep.transform;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.graph.Layer;
import java.util.List;

/**
 * Two layers, the second of which reads the first's output channels as its input channels, through
 * functions {@code f} with {@code f(s·x) = s·f(x)} for {@code s > 0}; nothing else reads them.
 *
 * @param first the layer that makes the channels
 * @param second the layer that reads them
 * @param clips the nodes {@code Clip(0, c)} between them
 */
record LayerPair(Layer first, Layer second, List<NodeProto> clips) {}
