/* How fast this device multiplies and adds when nothing else is in the way: the measure that the network's speed is
 * held against. CHAINS sums in registers, each `rounds` times; what comes out depends on all of them.
 *
 *   out   one vector a work-item
 *
 * Tunables: V, CHAINS, WG. */
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define floatv CAT(float, V)

kernel __attribute__ ((reqd_work_group_size (WG, 1, 1))) void
peak (global floatv *out, int rounds)
{
  floatv sums[CHAINS];
  const floatv factor = 0.999f, term = 1e-3f;
#pragma unroll
  for (int i = 0; i < CHAINS; i++)
    sums[i] = (floatv) ((float) get_global_id (0) + i);
  for (int k = 0; k < rounds; k++)
#pragma unroll
    for (int i = 0; i < CHAINS; i++)
      sums[i] = fma (sums[i], factor, term);
  floatv total = 0;
#pragma unroll
  for (int i = 0; i < CHAINS; i++)
    total += sums[i];
  out[get_global_id (0)] = total;
}
