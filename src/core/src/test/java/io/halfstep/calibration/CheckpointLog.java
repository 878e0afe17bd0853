package io.halfstep.calibration;

import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.checkpoint.CheckpointListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What became of a folder's checkpoints, over all attempts at a run. */
class CheckpointLog implements CheckpointListener {
  final List<CheckpointInfo> completed = new CopyOnWriteArrayList<>();
  final List<CheckpointInfo> resumed = new CopyOnWriteArrayList<>();
  final List<String> refused = new CopyOnWriteArrayList<>();
  final List<String> failed = new CopyOnWriteArrayList<>();

  @Override
  public void completed(CheckpointInfo checkpoint) {
    completed.add(checkpoint);
  }

  @Override
  public void resumed(CheckpointInfo checkpoint) {
    resumed.add(checkpoint);
  }

  @Override
  public void refused(String checkpoint, String why) {
    refused.add(why);
  }

  @Override
  public void failed(String why) {
    failed.add(why);
  }
}
