package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.nio.file.Path;

/** An image, which is one sample. */
record ImageColumn(Path file, ImageDecoder decoder) implements Column {
  @Override
  public String where() {
    return file.toString();
  }

  @Override
  public long samples() {
    return 1;
  }

  @Override
  public Tensor next() throws RejectedException {
    return decoder.decode(file);
  }

  @Override
  public void close() {}
}
