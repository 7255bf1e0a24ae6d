/* How a work-group shares rows out (WG > 1, and V is 4): neighbouring work-items read one row together, and add up
 * what each of them found.
 *
 * Tunables:
 *   ROW_ITEMS   work-items that share a row, a power of two that divides WG
 *   SUBGROUPS   a sub-group shares a row instead, however many it has, and needs no local memory to add up
 *
 * Because of the barriers all work-items of a group run the same turns of EACH_ROW: a row may lie beyond the last. */
#if WG > 1

#ifdef SUBGROUPS
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
#define ROW_LANE ((int) get_sub_group_local_id ())
#define ROW_LANES ((int) get_sub_group_size ())
#define ROW_SLOT ((int) get_sub_group_id ())
#define ROW_SLOTS ((int) get_num_sub_groups ())
#else
#define ROW_LANE ((int) get_local_id (0) % ROW_ITEMS)
#define ROW_LANES ROW_ITEMS
#define ROW_SLOT ((int) get_local_id (0) / ROW_ITEMS)
#define ROW_SLOTS (WG / ROW_ITEMS)
#endif

#define EACH_ROW(row, rows)                                                                 \
  for (int base = (int) get_group_id (0) * ROW_SLOTS, row = base + ROW_SLOT; base < (rows); \
      base += (int) get_num_groups (0) * ROW_SLOTS, row = base + ROW_SLOT)

/* Each lane's vectors of a row of `count` floats; none of a row beyond the last. */
#define EACH_VECTOR(c, count) for (int c = ROW_LANE * V; c < (count); c += ROW_LANES * V)

/* The first `count` of a vector's values, zeros for the others. */
INLINE float4
first_values (float4 v, int count)
{
  return select (v, (float4) (0.0f), (int4) (0, 1, 2, 3) >= count);
}

/* Over the lanes of a row, in the same order every time. `scratch`: WG floats, the same for every call. */
#ifdef SUBGROUPS
#define DEFINE_OVER_ROW(NAME, COMBINE, REDUCE)                                              \
INLINE float                                                                                \
NAME (float value, local float *scratch)                                                    \
{                                                                                           \
  return REDUCE (value);                                                                    \
}
#else
#define DEFINE_OVER_ROW(NAME, COMBINE, REDUCE)                                              \
INLINE float                                                                                \
NAME (float value, local float *scratch)                                                    \
{                                                                                           \
  const int item = get_local_id (0), lane = ROW_LANE;                                       \
  scratch[item] = value;                                                                    \
  for (int half_way = ROW_ITEMS / 2; half_way > 0; half_way /= 2) {                         \
    barrier (CLK_LOCAL_MEM_FENCE);                                                          \
    if (lane < half_way)                                                                    \
      scratch[item] = COMBINE (scratch[item], scratch[item + half_way]);                    \
  }                                                                                         \
  barrier (CLK_LOCAL_MEM_FENCE);                                                            \
  value = scratch[item - lane];                                                             \
  barrier (CLK_LOCAL_MEM_FENCE);        /* the next call writes it */                       \
  return value;                                                                             \
}
#endif

#define ADD(a, b) ((a) + (b))
DEFINE_OVER_ROW (row_sum, ADD, sub_group_reduce_add)
DEFINE_OVER_ROW (row_least, min, sub_group_reduce_min)

/* Column sums over a picture's rows: a group has COLUMN_VECS vectors side by side, and its other work-items share
 * the rows. */
#define COLUMN_VECS 4
#define COLUMN_SLICES (WG / COLUMN_VECS)

/* Adds up what the slices found, in order; whole in the first slice alone. `scratch`: WG vectors. */
INLINE floatv
column_sum (floatv sum, local floatv *scratch)
{
  const int item = get_local_id (0);
  scratch[item] = sum;
  barrier (CLK_LOCAL_MEM_FENCE);
  if (item < COLUMN_VECS)
    for (int i = 1; i < COLUMN_SLICES; i++)
      sum += scratch[i * COLUMN_VECS + item];
  return sum;
}

#endif
