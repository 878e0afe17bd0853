package io.halfstep.cli.options;

import io.halfstep.plan.RunOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which samples, and what is done to them before the model sees them. */
public final class DataOptions {
  @Option(
      names = "--data",
      arity = "1..*",
      paramLabel = "PATH",
      description = {
        "Samples: .npy, .npz or .pb files, folders of them, folders of PNG or JPEG images, ONNX"
            + " test-data folders. file.npz:array picks an array; input=PATH binds it to an input of"
            + " the model, e.g. --data input_ids=ids.npy attention_mask=mask.npy."
      })
  private List<String> data = new ArrayList<>();

  @Option(
      names = "--normalize",
      paramLabel = "SPEC",
      description = {
        "For data that the model does not normalize itself: (x/scale - mean)/std, with a slash"
            + " between channels, e.g. mean=0.485/0.456/0.406,std=0.229/0.224/0.225,scale=255. A"
            + " prefix as in image:mean=... binds it to one input."
      })
  private List<String> normalize = new ArrayList<>();

  @Option(
      names = "--image",
      paramLabel = "SPEC",
      description =
          "How images become samples: resize=256,crop=224,layout=nchw|nhwc,color=rgb|bgr|gray."
              + " What is left out follows from the model's input.")
  private @Nullable String image;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Use the first N samples only. Default: all.")
  private @Nullable Long samples;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Samples per batch, unless the model prescribes it. Default: 32, fewer where the model's"
              + " activations are large.")
  private @Nullable Integer batch;

  /** What was given. */
  public RunOptions given() {
    return new RunOptions(
        data, normalize, image, samples, batch, null, null, null, null, null, null, null, null);
  }
}
