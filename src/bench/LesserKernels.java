import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.JarFile;

/**
 * Copies ONNX Runtime's libraries for x86-64 Linux out of their archive, and patches the copy to choose kernels as on a processor without VNNI: conditional jumps over the choice of newer kernels become unconditional.
 *
 * <p>Usage: {@code java LesserKernels.java avx2|avx512 onnxruntime.jar FOLDER}
 */
final class LesserKernels {
  private static final String IN_ARCHIVE = "ai/onnxruntime/native/linux-x64/";
  private static final String RUNTIME = "libonnxruntime.so";

  /** {@code cpuid(7, 1); if (eax & AVX_VNNI)}: the jump's opcode is the last byte. */
  private static final String AVX_VNNI = "b807000000 b901000000 0fa2 a810 74";

  /** {@code if (ebx & AVX512F)}, as kept in r10d, before the system's support is asked for. */
  private static final String AVX512 = "41f7c200000100 74";

  /** {@code if (ecx & AVX512_VNNI)}, as kept in r8d, with the kernels of AVX-512 set between. */
  private static final String AVX512_VNNI = "4181e000080000";

  private final byte[] library;

  private LesserKernels(byte[] library) {
    this.library = library;
  }

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[2]);
    Files.createDirectories(folder);
    try (JarFile archive = new JarFile(arguments[1])) {
      for (String name : List.of("libonnxruntime4j_jni.so", RUNTIME)) {
        try (InputStream in = archive.getInputStream(archive.getEntry(IN_ARCHIVE + name))) {
          byte[] bytes = in.readAllBytes();
          Files.write(
              folder.resolve(name),
              name.equals(RUNTIME) ? new LesserKernels(bytes).lessened(arguments[0]) : bytes);
        }
      }
    }
  }

  private byte[] lessened(String processor) {
    jumpAlways(end(AVX_VNNI) - 1);
    if (processor.equals("avx2")) {
      jumpAlways(end(AVX512) - 1);
    } else {
      int test = end(AVX512_VNNI);
      while (library[test] != 0x0f || library[test + 1] != (byte) 0x84) {
        test++;
      }
      library[test] = (byte) 0x90; // nop; jmp instead of je, to the same address
      library[test + 1] = (byte) 0xe9;
    }
    return library;
  }

  private void jumpAlways(int jumpIfEqual) {
    library[jumpIfEqual] = (byte) 0xeb;
  }

  /** Returns the end of the only occurrence of a pattern. */
  private int end(String pattern) {
    String text = new String(library, StandardCharsets.ISO_8859_1);
    byte[] bytes = HexFormat.of().parseHex(pattern.replace(" ", ""));
    String wanted = new String(bytes, StandardCharsets.ISO_8859_1);
    List<Integer> ends = new ArrayList<>();
    for (int at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
      ends.add(at + bytes.length);
    }
    if (ends.size() != 1) {
      throw new IllegalStateException(
          "this version of ONNX Runtime is built differently: the choice of kernels was found "
              + ends.size()
              + " times");
    }
    return ends.get(0);
  }
}
