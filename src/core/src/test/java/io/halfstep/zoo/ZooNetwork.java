package io.halfstep.zoo;

import java.nio.file.Path;

/**
 * A network and its samples.
 *
 * @param calibration samples to quantize it with, as for {@code --data}
 * @param test other samples
 * @param testBatch how many of those share a batch at most
 */
public record ZooNetwork(String name, Path model, Path calibration, Path test, int testBatch) {}
