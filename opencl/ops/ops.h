/* The network's operations on a device: one function per kernel, on buffers of rows.
 *
 * Every function only queues work, in order. The first failure is kept and told by cnx_ops_finish(); after it
 * the rest do nothing. Buffers of rows come from cnx_ops_rows(). One thread at a time. */
#pragma once

#include "core/model/arch.h"
#include "opencl/device.h"
#include "opencl/tuning.h"

G_BEGIN_DECLS

typedef struct _CnxOps CnxOps;

/** A product's weight on the device, packed in panels (kernels/operand.cl); @fp32: whatever the network's
 * precision, set by the caller before cnx_ops_linear_init(). */
typedef struct
{
  gboolean fp32;
  cl_mem weight, bias;
  int inputs, outputs;
} CnxLinear;

/**
 * CnxBlock:
 * @depthwise_weight: 49 rows of C; @depthwise_bias, @norm_weight, @norm_bias, @scale: vectors of C
 * @grn_weight, @grn_bias: vectors of 4C; NULL in V1
 * @eps: of its norm
 *
 * A block's parameters on the device.
 */
typedef struct
{
  cl_mem depthwise_weight, depthwise_bias;
  cl_mem norm_weight, norm_bias;
  CnxLinear linear1, linear2;
  cl_mem scale;
  cl_mem grn_weight, grn_bias;
  float eps;
} CnxBlock;

/**
 * CnxBlockBuffers:
 * @x: rows of C, the block's input
 * @y: as many for its output, or for what is in between
 * @normalised: as many rows, @hidden: as many of 4C, for what is in between; not used where
 *   cnx_ops_fused_rows() is not 0 and there is no GRN
 * @norms: a row of 4C a picture, for GRN
 */
typedef struct
{
  cl_mem x, y, normalised, hidden, norms;
} CnxBlockBuffers;

typedef enum
{
  CNX_LINEAR_PLAIN,             /* out = in * weight + bias */
  CNX_LINEAR_GELU,              /* out = gelu (in * weight + bias), or cnx_ops_set_arithmetic()'s activation */
  CNX_LINEAR_SCALE_ADD,         /* out += (in * weight + bias) * scale */
} CnxLinearKind;

/** Builds the kernels for @device. Where they had to be compiled, cnx_ops_keep() is to be called soon.
 * Errors: CNX_ERROR_DEVICE. */
CnxOps *cnx_ops_new (CnxDevice * device, const CnxTuning * tuning, GError ** error);
void cnx_ops_free (CnxOps * ops);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxOps, cnx_ops_free)

/** Builds the kernels for another tuning of the same precision beside the first, unless they are there. Returns its
 * number for cnx_ops_select(), the first is 0; -1 and CNX_ERROR_DEVICE. */
int cnx_ops_add (CnxOps * ops, const CnxTuning * tuning, GError ** error);
/** Whether the first ones were compiled just now: other processes wait for them until cnx_ops_keep(). */
gboolean cnx_ops_are_new (CnxOps * ops);
/** Keeps them for the next start. @ran: whether each has run, as a network needs it. */
void cnx_ops_keep (CnxOps * ops, gboolean ran);
/** Every norm from now on is @norm, and what follows CNX_LINEAR_GELU's product is @activation: the kernels are built
 * for them. Before any tuning is added; the first is selected. Errors: CNX_ERROR_DEVICE. */
gboolean cnx_ops_set_arithmetic (CnxOps * ops, CnxNorm norm, CnxActivation activation, GError ** error);
/** What is called from now on is for this tuning: weights, and the buffers that products read, belong to it. */
void cnx_ops_select (CnxOps * ops, int variant);

/** The selected tuning. */
const CnxTuning *cnx_ops_tuning (CnxOps * ops);
cl_command_queue cnx_ops_queue (CnxOps * ops);

/** Floats from one row to the next for @channels: the next multiple of 16. */
int cnx_ops_stride (int channels);

/** A zeroed buffer of @rows rows of @channels, with the spare rows that a register tile may read. */
cl_mem cnx_ops_rows (CnxOps * ops, gsize rows, int channels);
/** The same, filled from @values (@rows x @channels floats, no padding). */
cl_mem cnx_ops_upload_rows (CnxOps * ops, const float *values, gsize rows, int channels);
/** A vector of @channels floats, zero-padded so that any panel may read past its end. */
cl_mem cnx_ops_upload_vector (CnxOps * ops, const float *values, int channels);
/** Overwrites the first rows of @buffer; @values must stay until cnx_ops_finish(). */
void cnx_ops_write_rows (CnxOps * ops, cl_mem buffer, const float *values, gsize rows, int channels);
/** The same of the rows from @first on. */
void cnx_ops_write_rows_at (CnxOps * ops, cl_mem buffer, gsize first, const float *values, gsize rows, int channels);
/** Queues a read of @rows x @channels floats without padding into @values. */
void cnx_ops_read_rows (CnxOps * ops, cl_mem buffer, float *values, gsize rows, int channels);
/** The same from row @first on. */
void cnx_ops_read_rows_at (CnxOps * ops, cl_mem buffer, gsize first, float *values, gsize rows, int channels);

/** Writes the weights of outputs @first .. @first + @count - 1, each as many floats as there are inputs. Called from
 * several threads at once. */
typedef void (*CnxRowsFunc) (gpointer data, int first, int count, float *rows);

/** Packs the rows that @read_rows gives and @bias (outputs, or NULL) into @linear, on all cores. */
void cnx_ops_linear_init (CnxOps * ops, CnxLinear * linear, CnxRowsFunc read_rows, gpointer data,
    const float *bias, int inputs, int outputs);
void cnx_ops_linear_clear (CnxLinear * linear);
/** The weights of @output, of an fp32 product, to @values (inputs floats). Blocks. For the tuning that packed them. */
void cnx_ops_read_weights (CnxOps * ops, const CnxLinear * linear, int output, float *values);

/** @in: n pictures of height x width pixels, @in_stride floats apart; @out: rows of patch^2 * channels. */
void cnx_ops_patchify (CnxOps * ops, cl_mem in, int in_stride, int channels, int n, int height, int width,
    int patch, cl_mem out);
/** The same with patches that overlap: @kernel high and wide, @step apart, from @padding pixels before the picture on.
 * @out: n * height/step * width/step rows of kernel^2 * channels. */
void cnx_ops_unfold (CnxOps * ops, cl_mem in, int in_stride, int channels, int n, int height, int width, int kernel,
    int step, int padding, cl_mem out);
/** In place: the activation of cnx_ops_set_arithmetic(), or GELU whatever that is. */
void cnx_ops_activate (CnxOps * ops, gboolean plain_gelu, cl_mem x, int channels, int rows);
/** @weight: 49 rows of @channels. */
void cnx_ops_depthwise (CnxOps * ops, cl_mem in, cl_mem weight, cl_mem bias, cl_mem out, int n, int height,
    int width, int channels);
void cnx_ops_layer_norm (CnxOps * ops, cl_mem in, int channels, cl_mem weight, cl_mem bias, double eps,
    cl_mem out, int rows);
/** A downsample's LayerNorm and 2x2 patches at once: @n pictures of @height x @width pixels, both even, to rows of
 * 4 * @channels. */
void cnx_ops_norm_patchify (CnxOps * ops, cl_mem in, int channels, cl_mem weight, cl_mem bias, double eps, int n,
    int height, int width, cl_mem out);
/** @scale only for CNX_LINEAR_SCALE_ADD; an fp32 one is CNX_LINEAR_PLAIN. */
void cnx_ops_linear (CnxOps * ops, CnxLinearKind kind, cl_mem in, const CnxLinear * linear, cl_mem scale,
    cl_mem out, int rows);
/** @norms: n rows of @channels, for the function's own use. */
void cnx_ops_grn (CnxOps * ops, cl_mem x, int channels, cl_mem weight, cl_mem bias, double eps, cl_mem norms,
    int n, int pixels);
void cnx_ops_pool (CnxOps * ops, cl_mem in, int channels, int n, int pixels, cl_mem out);

/**
 * CnxProfileLine:
 * @section, @kernel: what ran, and where; static
 * @launches, @ms, @gflop: how often, how long, and how much arithmetic in all of them together
 */
typedef struct
{
  const char *section, *kernel;
  guint launches;
  double ms, gflop;
} CnxProfileLine;

/** From now on every kernel is timed by the device. Errors: CNX_ERROR_DEVICE. */
gboolean cnx_ops_profile_start (CnxOps * ops, GError ** error);
/** Names what the launches after it belong to; @name must stay. */
void cnx_ops_section (CnxOps * ops, const char *name);
/** What ran since the last call, in order, one CnxProfileLine for each section and kernel; after
 * cnx_ops_finish(). Free with g_array_unref(). */
GArray *cnx_ops_profile_take (CnxOps * ops);

/** Rows that one work-item of the fused block takes at this shape; 0 where the steps run better one by one. */
int cnx_ops_fused_rows (CnxOps * ops, int channels, int rows);

/** A whole block on @n pictures of @height x @width: fused where that pays. Swaps @x and @y where the output came to be
 * in @y, so that it is in @x in any case. */
void cnx_ops_block (CnxOps * ops, const CnxBlock * block, CnxBlockBuffers * buffers, int channels, int n,
    int height, int width);

/** Waits for everything queued. FALSE and CNX_ERROR_DEVICE, naming the operation, if anything failed since
 * the last call. */
gboolean cnx_ops_finish (CnxOps * ops, GError ** error);

G_END_DECLS
