package io.halfstep.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleSetsTest {
  private static final InputPort IMAGE =
      new InputPort("image", ElementType.FLOAT, new long[] {-1, 3});
  private static final InputPort IDS = new InputPort("ids", ElementType.INT64, new long[] {-1, -1});
  private static final InputPort MASK =
      new InputPort("mask", ElementType.INT64, new long[] {-1, -1});

  private final Path folder;

  SampleSetsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private void touch(String... names) throws IOException {
    for (String name : names) {
      Path file = folder.resolve(name);
      Files.createDirectories(file.resolveSibling("."));
      Files.createFile(file);
    }
  }

  /** One line for each set: {@code input=file[:array] …}. */
  private List<String> find(List<InputPort> ports, String... data) {
    String prefix = folder + "/";
    List<String> full =
        Arrays.stream(data)
            .map(d -> d.contains("=") ? d.replace("=", "=" + prefix) : prefix + d)
            .toList();
    return SampleSets.find(full, ports).stream()
        .map(
            set ->
                set.arrays().entrySet().stream()
                    .map(e -> e.getKey() + "=" + text((ArrayRef) e.getValue()))
                    .collect(Collectors.joining(" ")))
        .toList();
  }

  private String text(ArrayRef ref) {
    return folder.relativize(ref.path()) + (ref.array() == null ? "" : ":" + ref.array());
  }

  private List<String> one(String... data) {
    return find(List.of(IMAGE), data);
  }

  private List<String> two(String... data) {
    return find(List.of(IDS, MASK), data);
  }

  @Test
  void filesForOneInput() throws IOException {
    touch("b.npy", "a.npz", "c=1.npy", "d:e.npy");
    assertThat(one("b.npy", "a.npz", "a.npz:x"))
        .containsExactly("image=b.npy", "image=a.npz", "image=a.npz:x");
    assertThat(one("image=b.npy", "image=a.npz:x")).containsExactly("image=b.npy", "image=a.npz:x");
    assertThat(one("d:e.npy")).containsExactly("image=d:e.npy");
    assertThat(SampleSets.find(List.of(folder + "/c=1.npy"), List.of(IMAGE))).hasSize(1);
  }

  @Test
  void folderInTheOrderOfNames() throws IOException {
    touch("2.npy", "1.npz", "10.npy", ".hidden.npy", "README.md");
    assertThat(one("")).containsExactly("image=1.npz", "image=10.npy", "image=2.npy");
  }

  @Test
  void foldersOfPicturesTakeTurns() throws IOException {
    touch("cat/1.jpg", "cat/2.JPEG", "cat/3.png", "dog/1.jpg", "owl/a/1.png");
    assertThat(one(""))
        .containsExactly(
            "image=cat/1.jpg",
            "image=dog/1.jpg",
            "image=owl/a/1.png",
            "image=cat/2.JPEG",
            "image=cat/3.png");
  }

  @Test
  void testDataFoldersByNumber() throws IOException {
    for (String set : List.of("test_data_set_10", "test_data_set_2")) {
      touch(set + "/input_0.pb", set + "/input_1.pb", set + "/output_0.pb");
    }
    assertThat(two(""))
        .containsExactly(
            "ids=test_data_set_2/input_0.pb mask=test_data_set_2/input_1.pb",
            "ids=test_data_set_10/input_0.pb mask=test_data_set_10/input_1.pb");
    assertThat(two("test_data_set_2")).hasSize(1);
    assertThatThrownBy(() -> one("test_data_set_2"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("has 2 files input_N.pb, expected input_0.pb to input_0.pb");
  }

  @Test
  void severalInputs() throws IOException {
    touch("a.npz", "b.npz", "x/1.npy", "x/2.npy", "y/1.npy", "y/2.npy", "n/ids.npy", "n/mask.npy");
    assertThat(two("a.npz")).containsExactly("ids=a.npz:ids mask=a.npz:mask");
    assertThat(two(""))
        .containsExactly("ids=a.npz:ids mask=a.npz:mask", "ids=b.npz:ids mask=b.npz:mask");
    assertThat(two("mask=y", "ids=x"))
        .containsExactly("ids=x/1.npy mask=y/1.npy", "ids=x/2.npy mask=y/2.npy");
    assertThat(two("n")).containsExactly("ids=n/ids.npy mask=n/mask.npy");
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    touch("a.npy", "a.npz", "x/1.npy", "x/2.npy", "mix/a.npy", "mix/b.png", "empty/notes.txt");
    expect(() -> one("none.npy"), "none.npy: no such file or folder");
    expect(() -> one("none.npz:x"), "none.npz: no such file");
    expect(() -> one("pixels=a.npy"), "the model has no input 'pixels', only image");
    expect(() -> one("empty"), "empty: holds no .npy, .npz");
    expect(() -> one("mix"), "holds both arrays (a.npy) and images (b.png)");
    expect(() -> two("a.npy"), "a.npy: which of the model's inputs ids, mask is it for?");
    expect(() -> two("a.npz:ids"), "which of the model's inputs");
    expect(() -> two("ids=a.npy", "a.npz"), "bind every input (ids, mask)");
    expect(() -> two("ids=a.npy"), "found 1 for ids, 0 for mask");
    expect(() -> two("ids=a.npy", "mask=x"), "found 1 for ids, 2 for mask");
    expect(() -> one("a\0.npy"), "is not a path");
  }

  private static void expect(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }
}
