/* Elements whose network changes while frames flow: models to change between, a disk that can be held up, and what is
 * told. One program's tests at a time. */
#pragma once

#include "core/model/random_checkpoint.h"
#include "gst-plugin/engine/loader.h"
#include "gst-plugin/gstconvnext.h"
#include "tests/gst/elements.h"
#include "tests/support/temp_files.h"

G_BEGIN_DECLS

#define CNX_CHANGE_CAPS "video/x-raw,format=RGB,width=64,height=48,framerate=25/1"

/**
 * CnxChangeModels:
 * @root: the folder that they are in
 * @first, @second, @third: folders of models of 2, 2 and 3 classes, called so, with labels that begin with that
 * @labels: a file of two labels that begin with "given "
 */
typedef struct
{
  char *root;
  char *first, *second, *third, *labels;
} CnxChangeModels;

extern CnxChangeModels cnx_change_models;

/** Initialises the elements and makes the models, runs the tests that were added, and removes the models. */
void cnx_change_init (int *argc, char ***argv);
int cnx_change_run (void);

/** A folder of another model, called @name. Free with g_free(). */
char *cnx_change_write_model (const char *name, int classes);

/** Whether nothing that is begun to be loaded gets on. */
void cnx_change_hold_disk (gboolean held);
/** Waits until so many loads are begun since a rig was opened. */
void cnx_change_await_loads (guint begun);

typedef struct
{
  GstHarness *harness;
  GstElement *element;
  GstBus *bus;
} CnxChangeRig;

/** An element with the first model, under a harness with caps, that loads from that disk. */
CnxChangeRig cnx_change_open (const char *mode);
void cnx_change_close (CnxChangeRig * rig);

/** Of a convnext. Owned by it. */
CnxEngine *cnx_change_engine (GstElement * element);

typedef struct
{
  char model[32], label[32];
  double confidence;
} CnxChangeAnswer;

/** What a frame that is pushed carries, if anything; always labels of the model that it names. */
CnxChangeAnswer cnx_change_push (CnxChangeRig * rig);

#define CNX_CHANGE_TOLD (GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR)

/** Frames flow until something is told: that @model has taken over from @previous. */
void cnx_change_check_told (CnxChangeRig * rig, const char *model, const char *previous);
/** The same: a warning with @part in it. */
void cnx_change_check_warned (CnxChangeRig * rig, const char *part);
/** The property `model` is @path, and the next frame's labels are of the one called @name. */
void cnx_change_check_model (CnxChangeRig * rig, const char *path, const char *name);

G_END_DECLS
