package io.halfstep.graph;

/**
 * A mistake of ONNX Runtime 1.23 on processors with AMX: its products of integers are wrong from 32
 * rows on if the columns beyond a multiple of 32 are more than a tile of 16.
 */
public final class AmxTiles {
  private static final int TILE = 16;

  private AmxTiles() {}

  /** Returns whether products with so many columns are wrong. */
  public static boolean areWrongFor(int columns) {
    return columns % (2 * TILE) > TILE;
  }

  /** Returns whether the products of a layer are wrong. */
  public static boolean areWrongFor(Layer layer) {
    return areWrongFor(layer.layout().out() / layer.layout().groups());
  }
}
