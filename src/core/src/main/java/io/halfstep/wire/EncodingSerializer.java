package io.halfstep.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;

/** A form, the blocks where there are any, and grid, scales and zero points. */
final class EncodingSerializer extends Serializer<Encoding> {
  private static final byte WITHOUT_BLOCKS = 1;
  private static final byte WITH_BLOCKS = 2;

  EncodingSerializer() {
    super(false, true);
  }

  @Override
  public void write(Kryo kryo, Output output, Encoding encoding) {
    output.writeByte(encoding.isBlocked() ? WITH_BLOCKS : WITHOUT_BLOCKS);
    if (encoding.isBlocked()) {
      output.writeVarInt(encoding.granularity().blockSize(), true);
      output.writeVarInt(encoding.blocks(), true);
    }
    kryo.writeObject(output, encoding.grid());
    kryo.writeObject(output, encoding.scales());
    kryo.writeObject(output, encoding.zeroPoints());
  }

  @Override
  public Encoding read(Kryo kryo, Input input, Class<? extends Encoding> type) {
    boolean blocked = input.readByte() == WITH_BLOCKS;
    int blockSize = blocked ? input.readVarInt(true) : 1;
    int blocks = blocked ? input.readVarInt(true) : 1;
    Grid grid = kryo.readObject(input, Grid.class);
    float[] scales = kryo.readObject(input, float[].class);
    int[] zeroPoints = kryo.readObject(input, int[].class);
    return Encoding.perBlock(grid, blockSize, blocks, scales, zeroPoints);
  }
}
