package io.halfstep.source;

import java.util.Map;

/** Arrays, one for each input by name, whose k-th rows make up the k-th sample. */
record SampleSet(Map<String, SampleArray> arrays) {}
