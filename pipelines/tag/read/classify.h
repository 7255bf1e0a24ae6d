/* Frames, one after the other, through a `convnext` element to labels. */
#pragma once

#include "pipelines/tag/read/reader.h"

G_BEGIN_DECLS

typedef struct _CnxClassify CnxClassify;

/** A pipeline for one thread's frames; @reader must outlive it. Errors: CNX_ERROR_NOT_FOUND for elements that
 * GStreamer lacks; CNX_ERROR_DEVICE. Free with cnx_classify_free(). */
CnxClassify *cnx_classify_new (const CnxReader * reader, GError ** error);
void cnx_classify_free (CnxClassify * classify);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxClassify, cnx_classify_free)

/** Classifies @frame, which is taken, of @caps, turned by @direction, and writes the labels to @sample, where they stay
 * until the next call. @heard gets them with the frame mapped for reading; FALSE from it ends with its error. One
 * thread at a time. Errors: CNX_ERROR_INPUT: this frame cannot be classified; CNX_ERROR_DEVICE: none can. After one
 * the pipeline is of no more use. */
gboolean cnx_classify_frame (CnxClassify * classify, GstCaps * caps, GstBuffer * frame,
    GstVideoOrientationMethod direction, CnxTagSample * sample,
    gboolean (*heard) (gpointer data, const CnxTagSample * sample, GstVideoFrame * frame, GError ** error),
    gpointer data, GError ** error);

G_END_DECLS
