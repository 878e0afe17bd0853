package io.halfstep.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormalizationTest {
  private static final InputPort RGB =
      new InputPort("image", ElementType.FLOAT, new long[] {-1, 3, 2, 2});
  private static final InputPort RGB_LAST =
      new InputPort("image", ElementType.FLOAT, new long[] {-1, 2, 2, 3});
  private static final InputPort IDS = new InputPort("ids", ElementType.INT64, new long[] {-1, -1});

  private static float[] ramp(int n) {
    float[] ramp = new float[n];
    for (int i = 0; i < n; i++) {
      ramp[i] = i * 7;
    }
    return ramp;
  }

  @Test
  void oneValueForAll() throws RejectedException {
    Normalization normalization = Normalization.parse("mean=0.2860,std=0.3530,scale=255");
    Tensor sample = Tensor.of(new float[] {0, 73, 255}, 1, 3);
    InputPort any = new InputPort("x", ElementType.FLOAT, new long[] {-1, 3});
    assertThat(normalization.apply(any, sample, null).floats())
        .containsExactly(
            (0f / 255f - 0.2860f) / 0.3530f,
            (73f / 255f - 0.2860f) / 0.3530f,
            (255f / 255f - 0.2860f) / 0.3530f);
  }

  @Property
  void channelsInEitherLayout(@ForAll @IntRange(min = 0, max = 11) int element)
      throws RejectedException {
    float[] mean = {0.485f, 0.456f, 0.406f};
    float[] std = {0.229f, 0.224f, 0.225f};
    Normalization normalization =
        Normalization.parse("mean=0.485/0.456/0.406,std=0.229/0.224/0.225,scale=255");
    Tensor first = Tensor.of(ramp(12), 1, 3, 2, 2);
    int channel = element / 4;
    assertThat(normalization.apply(RGB, first, null).floats()[element])
        .isEqualTo((element * 7 / 255f - mean[channel]) / std[channel]);
    Tensor last = Tensor.of(ramp(12), 1, 2, 2, 3);
    channel = element % 3;
    assertThat(normalization.apply(RGB_LAST, last, null).floats()[element])
        .isEqualTo((element * 7 / 255f - mean[channel]) / std[channel]);
  }

  @Test
  void repeatedKeysAndTheLayoutKey() throws RejectedException {
    Tensor sample = Tensor.of(new float[] {1, 2, 3, 4}, 1, 2, 2);
    InputPort port = new InputPort("x", ElementType.FLOAT, new long[] {-1, 2, 2});
    assertThat(Normalization.parse("mean=1,mean=2,layout=nhwc").apply(port, sample, null).floats())
        .containsExactly(0, 0, 2, 2);
    assertThat(Normalization.parse("mean=1,mean=2").apply(port, sample, null).floats())
        .containsExactly(0, 1, 1, 2);
  }

  @Test
  void prefixesChooseInputs() throws RejectedException {
    InputPort b = new InputPort("b:0", ElementType.FLOAT, new long[] {-1, 1});
    Normalization normalization = Normalization.parse("scale=2", "b:0:scale=4");
    normalization.check(List.of(RGB, b, IDS));
    assertThat(normalization.apply(b, Tensor.of(new float[] {8}, 1, 1), null).floats())
        .containsExactly(2);
    assertThat(normalization.apply(RGB, Tensor.of(new float[] {8}, 1, 1), null).floats())
        .containsExactly(4);
    assertThat(normalization.appliesTo(IDS)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "maen=1; 'maen=1' is none of mean",
        "''; '' is none of",
        "mean=a; mean 'a' is not a number",
        "mean=1,; '' is none of",
        "std=0; std 0 is not a finite positive number",
        "std=-1; std -1 is not a finite positive number",
        "scale=1e-42; scale 1e-42 is not a finite positive number",
        "mean=NaN; mean NaN is not a finite number",
        "mean=1/2,std=1/2/3; gives values for 2 and for 3 channels",
        "layout=chw; layout 'chw' is neither nchw nor nhwc"
      })
  void saysWhatIsWrong(String specification, String problem) {
    assertThatThrownBy(() -> Normalization.parse(specification))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("normalization '" + specification + "': " + problem);
  }

  @Test
  void mustFitTheInputs() {
    assertThatThrownBy(() -> Normalization.parse("mean=1").check(List.of(IDS)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no such input, only ids INT64[?, ?]");
    assertThatThrownBy(() -> Normalization.parse("y:mean=1").check(List.of(RGB)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("float input 'y'");
    assertThatThrownBy(() -> Normalization.parse("mean=1/2").check(List.of(RGB)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("values for 2 channels, input image FLOAT[?, 3, 2, 2] has 3");
    assertThatThrownBy(() -> Normalization.parse("mean=1", "std=2"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("second one for the same input");
  }
}
