package io.halfstep.http.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RoleTest {
  @Test
  void theRolesOfARequestAreThoseOfTheTable() {
    String table =
        """
        GET /v2: feed read admin
        GET /v2/models/m: feed read admin
        GET /v2/models/m/versions/1/ready: feed read admin
        GET /jobs/m-1/producers/files%20a: feed read admin
        HEAD /v2/models/m: feed read admin
        POST /v2/models/m/infer: feed admin
        POST /v2/models/m/versions/1/infer: feed admin
        GET /jobs: read admin
        GET /jobs/m-1: read admin
        GET /jobs/m-1/producers: read admin
        GET /jobs/m-1/producers/a/b: read admin
        GET /jobs/m-1/versions/latest/model: read admin
        GET /v20: read admin
        GET /metrics: read admin
        HEAD /metrics: read admin
        GET /what/comes/next: read admin
        POST /jobs: admin
        POST /jobs/m-1/producers/a: admin
        DELETE /jobs/m-1: admin
        DELETE /v2/models/m/infer: admin
        PUT /v2/models/m/infer: admin
        POST /v2/models/m: admin
        POST /jobs/v2/models/m/infer: admin
        OPTIONS /jobs: admin
        get /jobs: admin
        """;
    table
        .lines()
        .forEach(
            line -> {
              String[] request = line.substring(0, line.lastIndexOf(':')).split(" ", 2);
              assertThat(
                      Role.allowed(request[0], request[1]).stream()
                          .map(Role::label)
                          .collect(Collectors.joining(" ")))
                  .as(line)
                  .isEqualTo(line.substring(line.lastIndexOf(':') + 2));
            });
  }

  @Test
  void rolesHaveNames() {
    assertThat(Arrays.stream(Role.values()).map(role -> Role.of(role.label())))
        .containsExactly(Role.values());
    assertThatThrownBy(() -> Role.of("root"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("role: found 'root', expected feed, read or admin");
  }
}
