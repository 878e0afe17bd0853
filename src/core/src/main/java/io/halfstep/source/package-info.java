/**
 * Sources of batches.
 *
 * <p>{@link io.halfstep.source.Dataset} resolves the user's files to arrays for the model's inputs.
 * The rows of their first axes are the samples, which are read one by one. Each is converted to the
 * input's element type and normalized, or rejected with a reason if it does not fit ({@link
 * io.halfstep.source.Rejections}). Samples of equal shapes, or of similar length where a mask tells
 * padding, are brought together and form batches ({@link io.halfstep.source.BatchReader}), which
 * {@link io.halfstep.source.Sources} passes to a stream on demand, so memory does not grow with the
 * data.
 *
 * <p>Live samples are checked by the same rules ({@link io.halfstep.source.Admission}) and stored
 * as received ({@link io.halfstep.source.RawSample}); {@link io.halfstep.source.LiveBatches} makes
 * the same batches of them as a dataset would.
 *
 * <p>Files, images and live samples stay in one package, of more than thirty files: they share the
 * checks that make a sample fit its input, which no other package uses.
 */
@NullMarked
package io.halfstep.source;

import org.jspecify.annotations.NullMarked;
