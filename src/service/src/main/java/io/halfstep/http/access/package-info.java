/**
 * Who may use the service, and how much: tokens with roles and limits, and the certificate. Their
 * files are read again when they change.
 */
@NullMarked
package io.halfstep.http.access;

import org.jspecify.annotations.NullMarked;
