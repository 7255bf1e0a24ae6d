#include "core/parallel.h"

#define MAX_HELPERS 63

typedef struct
{
  CnxParallelFunc func;
  gpointer data;
  guint count;
  gint next;                    /* atomic */
} Loop;

static gpointer
work (gpointer user_data)
{
  Loop *loop = user_data;
  guint i;

  while ((i = (guint) g_atomic_int_add (&loop->next, 1)) < loop->count)
    loop->func (loop->data, i);
  return NULL;
}

void
cnx_parallel_for (guint count, CnxParallelFunc func, gpointer data)
{
  Loop loop = { func, data, count, 0 };
  GThread *helpers[MAX_HELPERS];
  guint n = 0;
  const guint wanted = count > 1 ? MIN (MIN (g_get_num_processors (), count) - 1, MAX_HELPERS) : 0;

  /* fewer threads than wanted do the same work */
  while (n < wanted && (helpers[n] = g_thread_try_new ("convnext-parallel", work, &loop, NULL)))
    n++;
  work (&loop);
  while (n > 0)
    g_thread_join (helpers[--n]);
}
