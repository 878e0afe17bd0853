/**
 * Where batches come from.
 *
 * <p>The way of a sample: {@link io.halfstep.source.Dataset} resolves what the user named to arrays
 * that feed the model's inputs; rows of their first axes are the samples, read one by one. Each is
 * converted to the input's element type, normalized, and rejected with a reason where it does not
 * fit ({@link io.halfstep.source.Rejections}). Samples of equal shapes that follow one another form
 * batches ({@link io.halfstep.source.BatchReader}), which {@link io.halfstep.source.Sources} hands
 * to a stream as it demands them. Nothing is read ahead, so memory does not grow with the data.
 *
 * <p>Live samples pass the same door ({@link io.halfstep.source.Admission}) and are kept as they
 * came ({@link io.halfstep.source.RawSample}); {@link io.halfstep.source.LiveBatches} makes of them
 * the batches that a dataset of the same samples would give.
 *
 * <p>Files, images and live samples stay in one package, of more than thirty files: they share the
 * checks that make a sample fit its input, and these are nobody else's to use.
 */
@NullMarked
package io.halfstep.source;

import org.jspecify.annotations.NullMarked;
