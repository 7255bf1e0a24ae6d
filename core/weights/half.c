#include "core/weights/half.h"

#include <math.h>
#include <string.h>

static float
float_from_bits (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static guint32
bits_of (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

guint16
cnx_bf16_from_float (float value)
{
  const guint32 bits = bits_of (value);

  if (isnan (value))
    return bits >> 16 | 0x40;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

float
cnx_bf16_to_float (guint16 half)
{
  return float_from_bits ((guint32) half << 16);
}

guint16
cnx_fp16_from_float (float value)
{
  const guint16 sign = bits_of (value) >> 16 & 0x8000;
  const float magnitude = fabsf (value);

  if (isnan (value))
    return sign | 0x7e00;
  if (magnitude >= 65520)       /* halfway to what would be the next value */
    return sign | 0x7c00;
  if (magnitude < 0x1p-14f)     /* steps of 2^-24; nearbyint rounds ties to even */
    return sign | (guint16) nearbyintf (magnitude * 0x1p24f);
  const guint32 bits = bits_of (magnitude) - ((127 - 15) << 23);
  return sign | (bits + 0xfff + (bits >> 13 & 1)) >> 13;
}

float
cnx_fp16_to_float (guint16 half)
{
  const guint32 sign = (guint32) (half & 0x8000) << 16;
  const guint32 exponent = (half >> 10) & 0x1f;
  const guint32 mantissa = half & 0x3ff;

  if (exponent == 0) {
    const float magnitude = ldexpf (mantissa, -24);
    return sign ? -magnitude : magnitude;
  }
  if (exponent == 0x1f)
    return float_from_bits (sign | 0x7f800000 | mantissa << 13);
  return float_from_bits (sign | (exponent + 127 - 15) << 23 | mantissa << 13);
}
