package io.halfstep.tensor;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Native memory for the inputs of one run of ONNX Runtime.
 *
 * <p>One pool serves all programs, so that there are only as many buffers as there were concurrent
 * runs. A buffer grows to the next power of two and never shrinks.
 */
final class StagingBuffer implements AutoCloseable {
  private static final int ALIGNMENT = 64;
  private static final int MOST = 1 << 30;
  private static final ConcurrentLinkedDeque<StagingBuffer> POOL = new ConcurrentLinkedDeque<>();

  private ByteBuffer memory = ByteBuffer.allocateDirect(0);
  private int used;

  private StagingBuffer() {}

  /** Takes a buffer with room for these tensors from the pool, until it is closed. */
  static StagingBuffer acquire(Collection<Tensor> tensors) {
    long needed = 0;
    for (Tensor tensor : tensors) {
      needed += aligned(tensor.bytes());
    }
    StagingBuffer buffer = POOL.pollFirst();
    if (buffer == null) {
      buffer = new StagingBuffer();
    }
    buffer.reserve(needed);
    return buffer;
  }

  private void reserve(long needed) {
    if (memory.capacity() < needed) {
      if (needed > MOST) {
        throw new OnnxRuntimeException(
            "the inputs of one run take "
                + needed
                + " bytes, more than 1 GiB; use smaller batches");
      }
      int grown = Integer.highestOneBit((int) needed - 1) << 1;
      memory =
          ByteBuffer.allocateDirect(
              0); // the old memory can be freed before the new one is allocated
      memory = ByteBuffer.allocateDirect(grown + ALIGNMENT).alignedSlice(ALIGNMENT);
    }
    used = 0;
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Copies a tensor into the buffer and wraps the copy for ONNX Runtime. */
  OnnxTensor feed(OrtEnvironment environment, Tensor tensor) throws OrtException {
    ByteBuffer to = memory.slice(used, (int) tensor.bytes()).order(ByteOrder.nativeOrder());
    used += (int) aligned(tensor.bytes());
    long[] shape = tensor.shape();
    return switch (tensor.type()) {
      case FLOAT ->
          OnnxTensor.createTensor(
              environment, to.asFloatBuffer().put((float[]) tensor.data()).flip(), shape);
      case DOUBLE ->
          OnnxTensor.createTensor(
              environment, to.asDoubleBuffer().put((double[]) tensor.data()).flip(), shape);
      case INT64 ->
          OnnxTensor.createTensor(
              environment, to.asLongBuffer().put((long[]) tensor.data()).flip(), shape);
      case INT32 ->
          OnnxTensor.createTensor(
              environment, to.asIntBuffer().put((int[]) tensor.data()).flip(), shape);
      case INT16 -> shorts(environment, to, tensor, OnnxJavaType.INT16);
      case FLOAT16 -> shorts(environment, to, tensor, OnnxJavaType.FLOAT16);
      case BFLOAT16 -> shorts(environment, to, tensor, OnnxJavaType.BFLOAT16);
      case INT8 -> bytes(environment, to, tensor, OnnxJavaType.INT8);
      case UINT8 -> bytes(environment, to, tensor, OnnxJavaType.UINT8);
      case BOOL -> bytes(environment, to, tensor, OnnxJavaType.BOOL);
      case UINT16, UINT32, UINT64 ->
          throw new OnnxRuntimeException(
              "ONNX Runtime for Java takes no inputs of type " + tensor.type());
    };
  }

  private static OnnxTensor shorts(
      OrtEnvironment environment, ByteBuffer to, Tensor tensor, OnnxJavaType type)
      throws OrtException {
    return OnnxTensor.createTensor(
        environment, to.asShortBuffer().put((short[]) tensor.data()).flip(), tensor.shape(), type);
  }

  private static OnnxTensor bytes(
      OrtEnvironment environment, ByteBuffer to, Tensor tensor, OnnxJavaType type)
      throws OrtException {
    return OnnxTensor.createTensor(
        environment, to.put((byte[]) tensor.data()).flip(), tensor.shape(), type);
  }

  /** Returns the memory to the pool. */
  @Override
  public void close() {
    POOL.addFirst(this);
  }
}
