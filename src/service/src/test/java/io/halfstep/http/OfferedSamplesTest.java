package io.halfstep.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.http.javadsl.model.HttpRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OfferedSamplesTest {
  @ParameterizedTest
  @CsvSource({
    "/v2/models/net/infer, net",
    "/v2/models/net/versions/3/infer, net",
    "/v2/models/a%20b%2Fc/infer?x=1, a b/c",
    "/v2/models/infer, ",
    "/v2/models/net, ",
    "/v2/models/net/ready, ",
    "/v2/models/net/stages/3/infer, ",
    "/v2/models/net/versions/infer, ",
    "/v2/models/net/infer/more, ",
    "/v2/jobs/net/infer, ",
    "/v1/models/net/infer, ",
  })
  void theModelIsNamedByThePath(String path, String model) {
    assertThat(OfferedSamples.model(HttpRequest.POST("http://localhost" + path))).isEqualTo(model);
    assertThat(OfferedSamples.model(HttpRequest.GET("http://localhost" + path))).isNull();
  }
}
