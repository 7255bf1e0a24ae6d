/* What frame.c tells the kernels in frame.cl about a frame. Both include it: int and float have 32 bits in either
 * language.
 *
 * A plane's bytes lie packed: the rows and the bytes of each row that the crop needs, `pitch` bytes from one row to
 * the next, a multiple of 4. Shrunk from top to bottom they are `pitch` floats a row, one row of them for each row of
 * the picture. A reader then makes one to three channels of such a row. Offsets count from the start of their buffer:
 * bytes of `packed`, floats of `rows` and `numbers`, ints of `places`. */
#define FRAME_PLANES 3
#define FRAME_READERS 3

typedef struct
{
  int packed, pitch, rows;
  int starts, lengths;          /* in places: the first packed row that a row reads, and how many */
  int weights, weights_pitch;   /* in numbers: a row's, and floats to the next row's */
} FramePlane;

typedef struct
{
  int rows, pitch;              /* its plane's */
  int starts;                   /* in places: the first float that a pixel reads */
  int weights, weights_pitch;   /* in numbers: a pixel's, each as often as samples have bytes, then zeros */
  int step;                     /* bytes of a sample: 1 to 4 */
  int lanes[3];                 /* which byte of a sample is channel R G B or Y U V; below 0: none */
} FrameReader;

typedef struct
{
  int width, height;            /* of the tensor */
  int left, top, right, bottom; /* the part that the picture covers */
  int yuv;
  int n_planes, n_readers;
  FramePlane planes[FRAME_PLANES];
  FrameReader readers[FRAME_READERS];
  float middle;                 /* of a channel that no reader makes */
  float matrix[3][4];           /* Y U V 1 to R G B */
  float pad[3];
  int levels;                   /* in numbers: 3 x 256, what a channel's 8-bit level is in the tensor */
} FrameShape;
